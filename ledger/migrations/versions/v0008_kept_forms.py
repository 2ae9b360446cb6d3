"""What was typed into forms of the console that are not sent for good yet, so that a page can show it again."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEPT_FORMS = """
CREATE TABLE console_forms (
    session bytea NOT NULL REFERENCES console_sessions (digest) ON DELETE CASCADE,
    id      text NOT NULL,
    page    text NOT NULL,
    said    text NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (session, id)
);
"""


def upgrade() -> None:
    """Create it, empty."""
    op.execute(KEPT_FORMS)
