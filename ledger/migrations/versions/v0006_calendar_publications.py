"""Editions stored here never change, and each has a record of how its publication went."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PUBLICATIONS = """
CREATE TABLE calendar_publications (
    edition     text PRIMARY KEY REFERENCES calendar_editions (id),
    started_by  text NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    expected    integer NOT NULL,
    superseded  integer NOT NULL DEFAULT 0,
    seen_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz
);
CREATE INDEX calendar_publications_open ON calendar_publications (started_at) WHERE finished_at IS NULL;
"""

ONLY_GROWS = """
CREATE TRIGGER calendar_editions_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON calendar_editions
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE calendar_editions ENABLE ALWAYS TRIGGER calendar_editions_only_grow;
"""


def upgrade() -> None:
    """Create the table and the rule, in the caller's transaction."""
    for statements in (PUBLICATIONS, ONLY_GROWS):
        op.execute(statements)


def downgrade() -> None:
    """Refused: a ledger is not taken back."""
    raise NotImplementedError("The ledger is not taken back; restore a backup into another database instead.")
