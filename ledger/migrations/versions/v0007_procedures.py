"""Cases of other procedures: no sharing class where there is none, the case that one follows from, and the place of the
common superior that a case across levels names."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


AS_OPENED = """
CREATE TRIGGER cases_as_opened BEFORE UPDATE ON cases FOR EACH ROW
    WHEN ((OLD.procedure, OLD.opened_by, OLD.superior)
          IS DISTINCT FROM (NEW.procedure, NEW.opened_by, NEW.superior))
    EXECUTE FUNCTION ledger_as_filed();
ALTER TABLE cases ENABLE ALWAYS TRIGGER cases_as_opened;
"""


def upgrade() -> None:
    """Loosen one column, add two, and index what other procedures look for."""
    op.execute("ALTER TABLE cases ALTER COLUMN sharing_class DROP NOT NULL")
    op.execute("ALTER TABLE cases ADD COLUMN opened_by text, ADD COLUMN superior text")
    op.execute("CREATE INDEX cases_by_resource ON cases (procedure, upper(provider_code), resource_code)")
    op.execute("CREATE INDEX cases_by_opener ON cases (opened_by) WHERE opened_by IS NOT NULL")
    op.execute("CREATE INDEX cases_by_superior ON cases (superior) WHERE superior IS NOT NULL")
    op.execute(AS_OPENED)


def downgrade() -> None:
    """Refused: a ledger is not taken back."""
    raise NotImplementedError("The ledger is not taken back; restore a backup into another database instead.")
