"""The ledger knows when it was last backed up, so that whoever watches sees a backup that failed or never came."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BACKUPS = """
-- Each backup that was whole when it took its place, by the digest of its manifest.
CREATE TABLE backups (
    sha256  bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    made_at timestamptz NOT NULL
);
CREATE TRIGGER backups_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON backups
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE backups ENABLE ALWAYS TRIGGER backups_only_grow;
"""


def upgrade() -> None:
    """Create the table, empty: the next backup is the first that is known."""
    op.execute(BACKUPS)
