"""Clocks whose limit stands in a regulation above the case's own statute name it; the name never changes."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLUMN = "ALTER TABLE clocks ADD COLUMN statute text;"

# As in 0001, with the new column.
AS_STARTED = """
DROP TRIGGER IF EXISTS clocks_as_started ON clocks;
CREATE TRIGGER clocks_as_started BEFORE UPDATE ON clocks FOR EACH ROW
    WHEN ((OLD.request_id, OLD.number, OLD.id, OLD.basis, OLD.article, OLD.quote, OLD.started_at,
           OLD.amount, OLD.unit, OLD.due_date, OLD.due_at, OLD.provisional, OLD.calendar_edition,
           OLD.calendar_editions, OLD.warn_at, OLD.rungs, OLD.supersedes, OLD.statute)
          IS DISTINCT FROM
          (NEW.request_id, NEW.number, NEW.id, NEW.basis, NEW.article, NEW.quote, NEW.started_at,
           NEW.amount, NEW.unit, NEW.due_date, NEW.due_at, NEW.provisional, NEW.calendar_edition,
           NEW.calendar_editions, NEW.warn_at, NEW.rungs, NEW.supersedes, NEW.statute))
    EXECUTE FUNCTION ledger_as_filed();
ALTER TABLE clocks ENABLE ALWAYS TRIGGER clocks_as_started;
"""


def upgrade() -> None:
    """Add the column and hold it as all others are held, in the caller's transaction."""
    for statements in (COLUMN, AS_STARTED):
        op.execute(statements)


def downgrade() -> None:
    """Refused: a ledger is not taken back."""
    raise NotImplementedError("The ledger is not taken back; restore a backup into another database instead.")
