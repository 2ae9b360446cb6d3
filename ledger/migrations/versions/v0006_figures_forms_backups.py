"""What the release after 0.2.0 adds: kept figures, a quicker rule of the chain, kept forms, backups, papers, turns.

All tables but that of brought papers are empty at first, and processes of the version before know nothing of them and
need not. One schema a release, so that those processes go on while it is brought in.
"""

from collections.abc import Mapping

from alembic import op

from ledger.migrations.one_case import ONE_CASE
from ledger.migrations.record_step import RECORD_STEP

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def replaced(function: str, changes: Mapping[str, str]) -> str:
    """A function of an earlier migration with some of its text changed: the statement that replaces it."""
    for before, after in {"CREATE FUNCTION": "CREATE OR REPLACE FUNCTION", **changes}.items():
        assert function.count(before) == 1, before
        function = function.replace(before, after)
    return function


# What each case counts for in an assessment, kept so that the figures of a period are added up, not looked up. Who asks
# for an assessment fills the tables from the cases that are there, a piece at a time, and keeps them from then on.
ASSESSED = """
CREATE TABLE assessed_mark (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    rules    text NOT NULL,
    position bigint NOT NULL,
    filled   text
);

CREATE TABLE assessed_kinds (
    number    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code      text NOT NULL,
    name      text NOT NULL,
    procedure text NOT NULL,
    statute   text NOT NULL,
    superior  text NOT NULL,
    CONSTRAINT assessed_kinds_once UNIQUE (code, name, procedure, statute, superior)
);

CREATE TABLE assessed_parts (
    request_id text NOT NULL REFERENCES cases (request_id),
    role       text NOT NULL,
    kind       integer NOT NULL REFERENCES assessed_kinds (number),
    filed_at   timestamptz NOT NULL,
    seq        integer NOT NULL,
    measures   integer NOT NULL,
    outcome    text,
    PRIMARY KEY (request_id, role)
);
CREATE INDEX assessed_parts_by_filing ON assessed_parts (filed_at, request_id);

CREATE TABLE assessed_limits (
    request_id text NOT NULL REFERENCES cases (request_id),
    number     integer NOT NULL,
    kind       integer NOT NULL REFERENCES assessed_kinds (number),
    filed_at   timestamptz NOT NULL,
    policy     boolean NOT NULL,
    late       boolean NOT NULL,
    began      date NOT NULL,
    due        date NOT NULL,
    ended      date,
    PRIMARY KEY (request_id, number)
);
CREATE INDEX assessed_limits_by_filing ON assessed_limits (filed_at);
"""

# The rule that events are a chain finds the event before by the index, however small the table was at first: a session
# keeps the plan that it made for the rule, and made among few rows that was to read the whole table. One look for each
# event that is added leaves nothing to choose; what the rule refuses and lets through is the same.
CHAIN = """
CREATE OR REPLACE FUNCTION ledger_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken record;
BEGIN
    SELECT request_id, seq, seq <> 1 AND before IS NULL AS gap INTO broken
        FROM (SELECT a.request_id, a.seq, a.prev, CASE a.seq WHEN 1 THEN decode(repeat('00', 32), 'hex')
                ELSE (SELECT b.digest FROM events b WHERE b.request_id = a.request_id AND b.seq = a.seq - 1)
                END AS before
            FROM added a OFFSET 0) AS held
        WHERE prev IS DISTINCT FROM before
        ORDER BY seq LIMIT 1;
    IF broken.gap THEN
        RAISE EXCEPTION 'Ledger rule: event % of % comes after one that is missing (台账序号不得间断).',
            broken.seq, broken.request_id USING ERRCODE = 'restrict_violation';
    ELSIF FOUND THEN
        RAISE EXCEPTION 'Ledger rule: event % of % must carry the digest of the event before (台账摘要链不得断开).',
            broken.seq, broken.request_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""

# What was typed into forms of the console that are not sent for good yet, so that a page can show it again.
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

# The ledger knows when it was last backed up, so that whoever watches sees a backup that failed or never came.
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

# Whose move it is, where a case's stage may wait for several roles and it is not the turn of all of them. A worker of
# the version before says nothing of it, and then the stage alone counts.
AWAITS = (
    "ALTER TABLE cases ADD COLUMN awaits text[]",
    replaced(
        RECORD_STEP,
        {
            "breached, extension_asked, rung)": "breached, extension_asked, rung, awaits)",
            "f.extension_asked, f.rung\n": "f.extension_asked, f.rung, f.awaits\n",
            "rung = greatest(rung, (step #>> '{after,rung}')::smallint)\n": """\
rung = greatest(rung, (step #>> '{after,rung}')::smallint),
            awaits = (SELECT array_agg(role) FROM jsonb_array_elements_text(step #> '{after,awaits}') AS listed (role))
""",
        },
    ),
    replaced(ONE_CASE, {"algorithm, updated_at,": "algorithm, updated_at, awaits,"}),
)

# Which organisation ever brought which paper. Its row in attachments goes with a disposal; that it was there stays, so
# that a row that goes without one is seen. The database itself keeps it, for a process of the version before as well.
BROUGHT = """
CREATE TABLE brought_papers (
    sha256     text NOT NULL,
    org        text NOT NULL,
    brought_at timestamptz NOT NULL,
    PRIMARY KEY (sha256, org)
);
INSERT INTO brought_papers (sha256, org, brought_at) SELECT sha256, org, uploaded_at FROM attachments;
CREATE TRIGGER brought_papers_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON brought_papers
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE brought_papers ENABLE ALWAYS TRIGGER brought_papers_only_grow;

CREATE FUNCTION ledger_note_brought() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO brought_papers (sha256, org, brought_at) VALUES (NEW.sha256, NEW.org, NEW.uploaded_at)
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER attachments_were_brought AFTER INSERT ON attachments
    FOR EACH ROW EXECUTE FUNCTION ledger_note_brought();
"""


def upgrade() -> None:
    """Create the tables, add the column, and replace the functions."""
    for added in (ASSESSED, CHAIN, KEPT_FORMS, BACKUPS, BROUGHT, *AWAITS):
        op.execute(added)
