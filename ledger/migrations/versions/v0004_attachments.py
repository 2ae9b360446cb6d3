"""Attachments: who brought which content, and which cases name it."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE attachments (
    sha256      text NOT NULL,
    org         text NOT NULL,
    sm3         text NOT NULL,
    size        bigint NOT NULL,
    media_type  text NOT NULL,
    name        text NOT NULL,
    uploaded_by text NOT NULL,
    uploaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (sha256, org)
);

CREATE TABLE named_papers (
    sha256     text NOT NULL,
    request_id text NOT NULL REFERENCES cases (request_id),
    PRIMARY KEY (sha256, request_id)
);
"""

# Kept by the database itself, in the transaction that files or supplements, so that no writer can forget it. A
# table rather than an index over the documents themselves: those lie deep in large values, which every step of a
# case would unpack again to keep such an index. A path that leads nowhere gives nothing and stops nobody.
NOTING = """
CREATE FUNCTION ledger_note_papers(request_id text, documents jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO named_papers (sha256, request_id)
    SELECT DISTINCT digest #>> '{}', $1 FROM jsonb_path_query(documents, 'lax $[*].sha256') AS digest
    WHERE jsonb_typeof(digest) = 'string'
    ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION ledger_note_filed_papers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_note_papers(NEW.request_id, NEW.header #> '{application,documents}');
    RETURN NULL;
END $$;
CREATE TRIGGER cases_name_papers AFTER INSERT ON cases
    FOR EACH ROW EXECUTE FUNCTION ledger_note_filed_papers();

CREATE FUNCTION ledger_note_supplemented_papers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_note_papers(NEW.request_id, NEW.data -> 'documents');
    RETURN NULL;
END $$;
CREATE TRIGGER events_name_papers AFTER INSERT ON events
    FOR EACH ROW WHEN (NEW.type = 'supplemented') EXECUTE FUNCTION ledger_note_supplemented_papers();
"""

PAPERS_OF_BEFORE = """
SELECT ledger_note_papers(request_id, header #> '{application,documents}') FROM cases;
SELECT ledger_note_papers(request_id, data -> 'documents') FROM events WHERE type = 'supplemented';
"""


def upgrade() -> None:
    """Create the tables and fill in what cases name already, in the caller's transaction."""
    for statements in (TABLES, NOTING, PAPERS_OF_BEFORE):
        op.execute(statements)


def downgrade() -> None:
    """Refused: a ledger is not taken back."""
    raise NotImplementedError("The ledger is not taken back; restore a backup into another database instead.")
