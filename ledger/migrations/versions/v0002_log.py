"""The log: order of all events and acts, tree, checkpoints; acts; the register of the archive; sessions, notes."""

from alembic import op

from ledger.migrations.archive import ARCHIVE, ARCHIVE_ONLY_GROWS

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LOG = """
CREATE TABLE log_entries (
    place      bigint PRIMARY KEY,
    -- an event of a case, or an act of those who run the engine
    request_id text,
    seq        integer,
    act        bigint UNIQUE,
    UNIQUE (request_id, seq),
    CHECK ((request_id IS NULL) = (seq IS NULL) AND (seq IS NULL) = (act IS NOT NULL))
);

CREATE TABLE log_nodes (
    level  smallint NOT NULL,
    number bigint NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    sm3    bytea NOT NULL CHECK (octet_length(sm3) = 32),
    PRIMARY KEY (level, number)
);

-- nodes of the maps of each case's last event, as checkpoints name them
CREATE TABLE log_heads (
    sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    node   bytea NOT NULL CHECK (octet_length(node) > 32)
);

CREATE TABLE checkpoints (
    size    bigint PRIMARY KEY,
    note    text NOT NULL,
    key     text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- what other authorities wrote below a checkpoint, each a line
CREATE TABLE cosignatures (
    size       bigint NOT NULL REFERENCES checkpoints (size),
    key        text NOT NULL,
    line       text NOT NULL,
    brought_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (size, key)
);

-- what an authority for timestamps answered of a checkpoint (RFC 3161)
CREATE TABLE timestamps (
    size     bigint PRIMARY KEY REFERENCES checkpoints (size),
    at       timestamptz NOT NULL,
    response bytea NOT NULL
);
"""

# An act has a place among the messages of the outbox, behind all of its own transaction: readers pass neither by.
ACTS = """
CREATE TABLE operator_acts (
    number     bigint PRIMARY KEY,
    at         timestamptz NOT NULL,
    kind       text NOT NULL,
    by         jsonb NOT NULL,
    target     text NOT NULL,
    request_id text,
    reason     text,
    details    jsonb NOT NULL,
    prev       bytea NOT NULL,
    digest     bytea NOT NULL,
    position   bigint NOT NULL UNIQUE DEFAULT outbox_here() + 4095
);
CREATE INDEX operator_acts_on_target ON operator_acts (target, number) WHERE kind LIKE 'stuck%';
CREATE INDEX operator_acts_of_case ON operator_acts (request_id, number) WHERE request_id IS NOT NULL;

CREATE FUNCTION operator_acts_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before bytea := decode(repeat('00', 32), 'hex');
BEGIN
    IF NEW.number <> 1 THEN
        SELECT digest INTO before FROM operator_acts WHERE number = NEW.number - 1;
    END IF;
    IF NEW.prev IS DISTINCT FROM before THEN
        RAISE EXCEPTION 'Ledger rule: act % must carry the digest of the act before (台账摘要链不得断开).', NEW.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER operator_acts_chain BEFORE INSERT ON operator_acts
    FOR EACH ROW EXECUTE FUNCTION operator_acts_chain();
ALTER TABLE operator_acts ENABLE ALWAYS TRIGGER operator_acts_chain;
"""

# How far each webhook that is told of checkpoints has come; the first of all has the size 0.
TOLD = """
CREATE TABLE webhook_checkpoints (
    webhook_id text PRIMARY KEY REFERENCES webhooks (id),
    size       bigint NOT NULL DEFAULT -1,
    failures   integer NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL DEFAULT '-infinity'
);
"""

# Who is signed in at the console; the browser holds what the digest is of.
SESSIONS = """
CREATE TABLE console_sessions (
    digest     bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    bearer     jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    revoked_at timestamptz
);
"""

# What people note beside a case; where a side is named, for that side alone.
NOTES = """
CREATE TABLE console_notes (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id text NOT NULL REFERENCES cases (request_id),
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    role       text NOT NULL,
    org        text,
    person     text NOT NULL,
    side       text,
    text       text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 4000),
    key        text NOT NULL,
    CONSTRAINT console_notes_request_id_key_key UNIQUE (request_id, key)
);
CREATE INDEX console_notes_of_case ON console_notes (request_id, number);
"""

ONLY_GROWS = """
CREATE TRIGGER {table}_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_only_grow;
"""


def upgrade() -> None:
    """Create the log, empty: whoever makes the first checkpoint enters what is there."""
    op.execute(LOG)
    op.execute(ACTS)
    op.execute(TOLD)
    op.execute(SESSIONS)
    op.execute(NOTES)
    for statement in ARCHIVE:
        op.execute(statement)
    for table in (
        "log_entries",
        "log_nodes",
        "log_heads",
        "checkpoints",
        "cosignatures",
        "timestamps",
        "operator_acts",
        "console_notes",
        *ARCHIVE_ONLY_GROWS,
    ):
        op.execute(ONLY_GROWS.format(table=table))
