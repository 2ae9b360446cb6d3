"""Why the engine holds cases up: every reason of a case with a row of its own."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The one reason in a case's own row makes room for as many as there are."""
    op.execute(
        """
        CREATE TABLE parked (
            request_id text NOT NULL REFERENCES cases (request_id),
            reason     text NOT NULL,
            since      timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (request_id, reason)
        )
        """
    )
    op.execute(
        "INSERT INTO parked SELECT request_id, stuck_reason, stuck_since FROM cases WHERE stuck_reason IS NOT NULL"
    )
    op.execute("DROP INDEX cases_stuck")
    op.execute("ALTER TABLE cases DROP COLUMN stuck_reason, DROP COLUMN stuck_since")


def downgrade() -> None:
    """Refused: a ledger is not taken back."""
    raise NotImplementedError("The ledger is not taken back; restore a backup into another database instead.")
