"""The ledger: cases, events, clocks, outbox, calendar editions, and what the database refuses."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE cases (
    request_id     text PRIMARY KEY,
    statute        text NOT NULL,
    statute_digest text NOT NULL,
    procedure      text NOT NULL,
    requester_code text NOT NULL,
    requester_name text NOT NULL,
    provider_code  text NOT NULL,
    provider_name  text NOT NULL,
    resource_code  text NOT NULL,
    resource_name  text NOT NULL,
    sharing_class  text NOT NULL,
    stage          text NOT NULL,
    outcome        text,
    filed_at       timestamptz NOT NULL,
    closed_at      timestamptz,
    seq            integer NOT NULL,
    head_digest    text NOT NULL,
    algorithm      text NOT NULL,
    filing_key     text NOT NULL CONSTRAINT cases_filing_key_key UNIQUE,
    filing_digest  text NOT NULL,
    workflow_id    text NOT NULL,
    stuck_reason   text,
    stuck_since    timestamptz,
    header         jsonb NOT NULL,
    updated_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX cases_by_filing ON cases (filed_at, request_id);
CREATE INDEX cases_by_stage ON cases (stage, filed_at, request_id);
CREATE INDEX cases_by_requester ON cases (upper(requester_code), filed_at, request_id);
CREATE INDEX cases_by_provider ON cases (upper(provider_code), filed_at, request_id);
CREATE INDEX cases_by_update ON cases (updated_at);
CREATE INDEX cases_stuck ON cases (stuck_since) WHERE stuck_reason IS NOT NULL;

CREATE TABLE events (
    request_id  text NOT NULL REFERENCES cases (request_id),
    seq         integer NOT NULL,
    at          timestamptz NOT NULL,
    type        text NOT NULL,
    actor       jsonb NOT NULL,
    stage       text NOT NULL,
    statute     text NOT NULL,
    article     text,
    data        jsonb NOT NULL,
    clock       jsonb,
    key         text,
    prev        text NOT NULL,
    digest      text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (request_id, seq)
);
CREATE INDEX events_by_key ON events (request_id, key) WHERE key IS NOT NULL;

CREATE TABLE clocks (
    request_id        text NOT NULL REFERENCES cases (request_id),
    number            integer NOT NULL,
    id                text NOT NULL,
    basis             text NOT NULL,
    article           text,
    quote             text,
    started_at        timestamptz NOT NULL,
    amount            integer NOT NULL,
    unit              text NOT NULL,
    due_date          date NOT NULL,
    due_at            timestamptz NOT NULL,
    provisional       boolean NOT NULL,
    calendar_edition  text NOT NULL,
    calendar_editions jsonb NOT NULL,
    warn_at           jsonb NOT NULL,
    rungs             jsonb NOT NULL,
    supersedes        integer,
    state             text NOT NULL,
    ended_at          timestamptz,
    warned            integer NOT NULL,
    climbed           integer NOT NULL,
    PRIMARY KEY (request_id, number)
);
CREATE INDEX clocks_open ON clocks (due_at) WHERE ended_at IS NULL;

CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id   text NOT NULL,
    seq          integer NOT NULL,
    type         text NOT NULL,
    payload      jsonb NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz,
    CONSTRAINT outbox_request_id_seq_key UNIQUE (request_id, seq)
);
CREATE INDEX outbox_pending ON outbox (id) WHERE published_at IS NULL;

CREATE TABLE calendar_editions (
    id        text PRIMARY KEY,
    published date NOT NULL,
    body      jsonb NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""

# Statement triggers, so that even a statement that would touch no row is refused, and ENABLE ALWAYS,
# so that session_replication_role does not get round them.
ONLY_GROWS = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Ledger rule: % only grows, % is refused (台账只增不改).', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER events_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE events ENABLE ALWAYS TRIGGER events_only_grow;

CREATE TRIGGER cases_stay BEFORE DELETE OR TRUNCATE ON cases
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE cases ENABLE ALWAYS TRIGGER cases_stay;

CREATE TRIGGER clocks_stay BEFORE DELETE OR TRUNCATE ON clocks
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE clocks ENABLE ALWAYS TRIGGER clocks_stay;
"""

CHAIN = """
CREATE FUNCTION ledger_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_seq    integer := 0;
    last_digest text := repeat('0', 64);
BEGIN
    SELECT seq, digest INTO last_seq, last_digest FROM events
        WHERE request_id = NEW.request_id ORDER BY seq DESC LIMIT 1;
    IF NOT FOUND THEN
        last_seq := 0;
        last_digest := repeat('0', 64);
    END IF;
    IF NEW.seq IS DISTINCT FROM last_seq + 1 THEN
        RAISE EXCEPTION 'Ledger rule: event % of % must be number % (台账序号不得间断).',
            NEW.seq, NEW.request_id, last_seq + 1 USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.prev IS DISTINCT FROM last_digest THEN
        RAISE EXCEPTION 'Ledger rule: event % of % must carry the digest of the event before (台账摘要链不得断开).',
            NEW.seq, NEW.request_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER events_chain BEFORE INSERT ON events
    FOR EACH ROW EXECUTE FUNCTION ledger_chain();
ALTER TABLE events ENABLE ALWAYS TRIGGER events_chain;
"""

AS_FILED = """
CREATE FUNCTION ledger_as_filed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Ledger rule: what % was filed or started with does not change (登记内容不改).', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER cases_as_filed BEFORE UPDATE ON cases FOR EACH ROW
    WHEN ((OLD.request_id, OLD.statute, OLD.statute_digest, OLD.requester_code, OLD.provider_code,
           OLD.resource_code, OLD.sharing_class, OLD.filed_at, OLD.algorithm, OLD.filing_key,
           OLD.filing_digest, OLD.header)
          IS DISTINCT FROM
          (NEW.request_id, NEW.statute, NEW.statute_digest, NEW.requester_code, NEW.provider_code,
           NEW.resource_code, NEW.sharing_class, NEW.filed_at, NEW.algorithm, NEW.filing_key,
           NEW.filing_digest, NEW.header)
          OR NEW.seq < OLD.seq)
    EXECUTE FUNCTION ledger_as_filed();
ALTER TABLE cases ENABLE ALWAYS TRIGGER cases_as_filed;

CREATE TRIGGER clocks_as_started BEFORE UPDATE ON clocks FOR EACH ROW
    WHEN ((OLD.request_id, OLD.number, OLD.id, OLD.basis, OLD.article, OLD.quote, OLD.started_at,
           OLD.amount, OLD.unit, OLD.due_date, OLD.due_at, OLD.provisional, OLD.calendar_edition,
           OLD.calendar_editions, OLD.warn_at, OLD.rungs, OLD.supersedes)
          IS DISTINCT FROM
          (NEW.request_id, NEW.number, NEW.id, NEW.basis, NEW.article, NEW.quote, NEW.started_at,
           NEW.amount, NEW.unit, NEW.due_date, NEW.due_at, NEW.provisional, NEW.calendar_edition,
           NEW.calendar_editions, NEW.warn_at, NEW.rungs, NEW.supersedes))
    EXECUTE FUNCTION ledger_as_filed();
ALTER TABLE clocks ENABLE ALWAYS TRIGGER clocks_as_started;
"""


def upgrade() -> None:
    """Create everything, in the caller's transaction."""
    for statements in (TABLES, ONLY_GROWS, CHAIN, AS_FILED):
        op.execute(statements)


def downgrade() -> None:
    """Refused: a ledger is not taken back."""
    raise NotImplementedError("The ledger is not taken back; restore a backup into another database instead.")
