"""Who of several processes does what one alone should: a row that lapses, in the place of a lock of a session."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LEASES = """
-- What is done by one process at a time. A holder that is silent beyond until has lost it.
CREATE TABLE leases (
    name   text PRIMARY KEY,
    holder text NOT NULL,
    until  timestamptz NOT NULL
);
"""


def upgrade() -> None:
    """Create the table, empty."""
    op.execute(LEASES)
