"""How far the workflow of each case is known to have come, so that nobody asks twice."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No foreign key: what is noted here must never wait for whoever records a step of the case."""
    op.execute("CREATE TABLE confirmed (request_id text PRIMARY KEY, seq integer NOT NULL)")


def downgrade() -> None:
    """Refused: a ledger is not taken back."""
    raise NotImplementedError("The ledger is not taken back; restore a backup into another database instead.")
