"""The ledger: cases and what they rest on, events, clocks, outbox, calendar; webhooks, received events, attachments."""

from alembic import op

from ledger.migrations.one_case import READING
from ledger.migrations.record_step import RECORDING
from ledger.migrations.rules import RULES

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CASES = """
-- Texts that cases rest on, each once, by the digest of its content.
CREATE TABLE rule_texts (
    digest    text PRIMARY KEY,
    kind      text NOT NULL CHECK (kind IN ('statute', 'policy')),
    body      jsonb NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE cases (
    request_id      text PRIMARY KEY,
    statute         text NOT NULL,
    statute_digest  text NOT NULL,
    policy_digest   text NOT NULL,
    procedure       text NOT NULL,
    requester_code  text NOT NULL,
    requester_name  text NOT NULL,
    provider_code   text NOT NULL,
    provider_name   text NOT NULL,
    resource_code   text NOT NULL,
    resource_name   text NOT NULL,
    sharing_class   text,
    stage           text NOT NULL,
    outcome         text,
    filed_at        timestamptz NOT NULL,
    closed_at       timestamptz,
    seq             integer NOT NULL,
    head_digest     text NOT NULL,
    algorithm       text NOT NULL,
    filing_key      text NOT NULL CONSTRAINT cases_filing_key_key UNIQUE,
    filing_digest   text NOT NULL,
    workflow_id     text NOT NULL,
    opened_by       text,
    superior        text,
    -- what lists ask for, kept by every step: the least due_at of the open clocks, how long that clock is and in what
    -- unit, whether one of them is breached, whether the last that was said about more time was the provider's request
    due_at          timestamptz,
    due_unit        text,
    due_amount      integer,
    breached        boolean NOT NULL DEFAULT false,
    extension_asked boolean NOT NULL DEFAULT false,
    -- the highest rung of the supervision ladder that the case was urged at: 0 none, 1 notice, 2 yellow, 3 red
    rung            smallint NOT NULL DEFAULT 0,
    updated_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- Lists of all cases, latest filing first, by what is asked for.
CREATE INDEX cases_by_filing ON cases (filed_at, request_id);
CREATE INDEX cases_by_place ON cases (split_part(statute, '-', 1), filed_at, request_id);
CREATE INDEX cases_by_statute ON cases (statute, filed_at, request_id);
CREATE INDEX cases_by_requester ON cases (upper(requester_code), filed_at, request_id);
CREATE INDEX cases_by_provider ON cases (upper(provider_code), filed_at, request_id);
CREATE INDEX cases_by_resource ON cases (resource_code, filed_at, request_id);
CREATE INDEX cases_by_procedure ON cases (procedure, filed_at, request_id) WHERE procedure <> 'share_request';
CREATE INDEX cases_by_outcome ON cases (outcome, filed_at, request_id) WHERE outcome IS NOT NULL;
CREATE INDEX cases_by_opener ON cases (opened_by) WHERE opened_by IS NOT NULL;
CREATE INDEX cases_by_superior ON cases (superior, filed_at, request_id) WHERE superior IS NOT NULL;
CREATE INDEX cases_by_update ON cases (updated_at, request_id);
CREATE INDEX cases_by_closing ON cases (closed_at, request_id) WHERE closed_at IS NOT NULL;
CREATE INDEX cases_breached ON cases (filed_at, request_id) WHERE breached;

-- Lists of what is open, which closed cases cost nothing: by filing, and worklists by whose turn it is under which
-- statute in which stage, what is due first before, cases without an open clock last.
CREATE INDEX cases_open_by_filing ON cases (filed_at, request_id) WHERE closed_at IS NULL;
CREATE INDEX cases_open_by_stage ON cases (stage, filed_at, request_id) WHERE closed_at IS NULL;
CREATE INDEX cases_open_by_turn ON cases
    (statute, stage, coalesce(due_at, 'infinity'), request_id)
    WHERE closed_at IS NULL;
CREATE INDEX cases_open_by_requester ON cases
    (upper(requester_code), statute, stage, coalesce(due_at, 'infinity'), request_id)
    WHERE closed_at IS NULL;
CREATE INDEX cases_open_by_provider ON cases
    (upper(provider_code), statute, stage, coalesce(due_at, 'infinity'), request_id)
    WHERE closed_at IS NULL;
CREATE INDEX cases_open_by_superior ON cases
    (superior, statute, stage, coalesce(due_at, 'infinity'), request_id)
    WHERE closed_at IS NULL AND superior IS NOT NULL;
CREATE INDEX cases_open_by_extension ON cases
    (statute, stage, coalesce(due_at, 'infinity'), request_id)
    WHERE closed_at IS NULL AND extension_asked;

CREATE TABLE filings (
    request_id  text PRIMARY KEY REFERENCES cases (request_id),
    application jsonb NOT NULL
);

-- What is held up, and why: cases, and what is none (a queue without a worker, a webhook), which has no filed_at.
CREATE TABLE parked (
    request_id text NOT NULL,
    reason     text NOT NULL,
    since      timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- the case's own, by which lists of cases are ordered
    filed_at   timestamptz,
    kind       text NOT NULL,
    -- alike for all that share it
    cause      text NOT NULL,
    error      text,
    waits_on   text,
    looked_at  timestamptz,
    PRIMARY KEY (request_id, reason)
);
CREATE INDEX parked_by_filing ON parked (filed_at, request_id) WHERE filed_at IS NOT NULL;
CREATE INDEX parked_by_cause ON parked (cause, since);

CREATE TABLE stuck_watch (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    holder  text NOT NULL,
    until   timestamptz NOT NULL,
    seen_at timestamptz
);

CREATE TABLE stuck_batches (
    id           text PRIMARY KEY,
    cause        text NOT NULL,
    reason       text NOT NULL,
    by           jsonb NOT NULL,
    state        text NOT NULL,
    left_out     integer NOT NULL,
    prepared_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    confirmed_at timestamptz,
    ended_at     timestamptz
);

CREATE TABLE stuck_batch_items (
    batch_id text NOT NULL REFERENCES stuck_batches (id),
    place    integer NOT NULL,
    subject  text NOT NULL,
    begun_at timestamptz,
    result   text,
    why      text,
    ended_at timestamptz,
    PRIMARY KEY (batch_id, place)
);

-- How far the workflow of each case is known to have come, so that nobody asks twice. No foreign key: what is noted
-- here must never wait for whoever records a step of the case.
CREATE TABLE confirmed (
    request_id text PRIMARY KEY,
    seq        integer NOT NULL
);

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
    prev        bytea NOT NULL,
    digest      bytea NOT NULL,
    -- of the commitment to the person who acted, which the digest covers in its place
    salt        bytea,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (request_id, seq),
    CONSTRAINT events_persons_are_salted CHECK ((salt IS NULL) = (actor ->> 'person' IS NULL))
);

-- A key is the caller's and, after the last ~, the fingerprint of what was sent with it.
CREATE FUNCTION caller_part(key text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURNS NULL ON NULL INPUT
    RETURN left(key, length(key) - strpos(reverse(key), '~'));
-- A number for a case and a caller's key in it: a small index, whose hits are looked at.
CREATE FUNCTION caller_mark(request_id text, caller text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN hashtext(request_id || '~' || caller);
CREATE INDEX events_by_caller_key ON events (caller_mark(request_id, caller_part(key))) WHERE key IS NOT NULL;

-- What of a clock is asked for by many and what becomes of it. All else stands in the event that started it.
CREATE TABLE clocks (
    request_id  text NOT NULL REFERENCES cases (request_id),
    number      integer NOT NULL,
    seq         integer NOT NULL,
    id          text NOT NULL,
    started_at  timestamptz NOT NULL,
    amount      integer NOT NULL,
    unit        text NOT NULL,
    due_date    date NOT NULL,
    due_at      timestamptz NOT NULL,
    provisional boolean NOT NULL,
    state       text NOT NULL,
    ended_at    timestamptz,
    warned      integer NOT NULL,
    climbed     integer NOT NULL,
    PRIMARY KEY (request_id, number)
);
CREATE INDEX clocks_open ON clocks (due_at) WHERE ended_at IS NULL;
"""

# A message's place is told by its transaction, and no two writers wait for each other to get one.
OUTBOX = """
CREATE TABLE outbox_base (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    base bigint NOT NULL
);
INSERT INTO outbox_base (base) VALUES (0);

CREATE TABLE outbox (
    position   bigint PRIMARY KEY,
    request_id text NOT NULL,
    seq        integer NOT NULL,
    type       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX outbox_by_request ON outbox (request_id);
CREATE INDEX outbox_by_type ON outbox (type, position);

CREATE TABLE outbox_marks (
    mark     text PRIMARY KEY,
    position bigint NOT NULL
);

-- Cases up to the mark "counted".
CREATE TABLE case_counts (
    statute text NOT NULL,
    stage   text NOT NULL,
    outcome text NOT NULL,
    number  bigint NOT NULL,
    PRIMARY KEY (statute, stage, outcome)
);

-- The first position that this transaction writes to; it has room for 4,096.
CREATE FUNCTION outbox_here() RETURNS bigint LANGUAGE sql VOLATILE
    RETURN (SELECT base FROM outbox_base) + (pg_current_xact_id()::text::bigint << 12);

-- Every message below is visible or will never be: whoever might still write there has ended.
CREATE FUNCTION outbox_horizon() RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT base FROM outbox_base) + (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 12);
"""

# Rows of a case lie together, and a sample of rows makes of that fewer cases than there are: then each is taken to have
# many times the clocks and events that it has, and plans go by whole tables. So parts of the rows are said instead.
PLANNING = """
ALTER TABLE events ALTER COLUMN request_id SET (n_distinct = -0.08);
ALTER TABLE clocks ALTER COLUMN request_id SET (n_distinct = -0.25);
ALTER TABLE outbox ALTER COLUMN request_id SET (n_distinct = -0.08);
"""

CALENDAR = """
CREATE TABLE calendar_editions (
    id        text PRIMARY KEY,
    published date NOT NULL,
    body      jsonb NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

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

WEBHOOKS = """
CREATE TABLE webhooks (
    id              text PRIMARY KEY,
    org             text NOT NULL,
    created_by      text NOT NULL,
    created_at      timestamptz NOT NULL,
    changed_by      text NOT NULL,
    changed_at      timestamptz NOT NULL,
    visibility      jsonb NOT NULL,
    url             text NOT NULL,
    events          jsonb NOT NULL,
    payload         text NOT NULL CHECK (payload IN ('thin', 'full')),
    checkpoints     boolean NOT NULL DEFAULT false,
    secret          text NOT NULL,
    previous_secret text,
    previous_until  timestamptz,
    state           text NOT NULL CHECK (state IN ('active', 'disabled')),
    reason          text CHECK ((reason IS NULL) = (state = 'active')),
    since           timestamptz NOT NULL,
    deleted_at      timestamptz,
    reached         bigint NOT NULL
);
CREATE INDEX webhooks_by_org ON webhooks (upper(org), created_at, id);

CREATE TABLE webhook_deliveries (
    webhook_id   text NOT NULL REFERENCES webhooks (id),
    message_id   bigint NOT NULL REFERENCES outbox (position),
    request_id   text NOT NULL,
    created_at   timestamptz NOT NULL,
    delivered_at timestamptz,
    PRIMARY KEY (webhook_id, message_id)
);
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (webhook_id, request_id, message_id)
    WHERE delivered_at IS NULL;
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (webhook_id, message_id)
    WHERE delivered_at IS NULL;

CREATE TABLE webhook_queues (
    webhook_id   text NOT NULL REFERENCES webhooks (id),
    request_id   text NOT NULL,
    due_at       timestamptz NOT NULL,
    failures     integer NOT NULL DEFAULT 0,
    claim        text,
    leased_until timestamptz,
    PRIMARY KEY (webhook_id, request_id)
);
CREATE INDEX webhook_queues_due ON webhook_queues (webhook_id, due_at);

CREATE TABLE webhook_attempts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id   text NOT NULL REFERENCES webhooks (id),
    message_id   bigint,
    at           timestamptz NOT NULL,
    status       integer,
    error        text,
    milliseconds integer NOT NULL,
    response     text NOT NULL
);
CREATE INDEX webhook_attempts_of_delivery ON webhook_attempts (webhook_id, message_id, id);
"""

FROM_OUTSIDE = """
-- Events that came in: each once by its sender, source and id; one that had an effect never changes again.
CREATE TABLE received_events (
    number        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sender        text NOT NULL,
    source        text NOT NULL,
    id            text NOT NULL,
    type          text NOT NULL,
    subject       text,
    time          timestamptz,
    request_id    text REFERENCES cases (request_id),
    resource_code text,
    occurred_at   timestamptz,
    uses          bigint,
    data          jsonb NOT NULL,
    digest        text NOT NULL,
    places        jsonb NOT NULL,
    received_from text NOT NULL,
    received_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- null while what the event asks for is not known to be done
    effect        text CHECK (effect IN ('started', 'attached', 'recorded')),
    CONSTRAINT received_events_sender_source_id_key UNIQUE (sender, source, id),
    -- what others say of time must be an instant that every reader can read back, in whatever time zone
    CONSTRAINT received_events_readable CHECK (
        time BETWEEN '1900-01-01 00:00+00' AND '9000-01-01 00:00+00'
        AND occurred_at BETWEEN '1900-01-01 00:00+00' AND '9000-01-01 00:00+00'
    )
);
CREATE INDEX received_events_of_request ON received_events (request_id, number);
CREATE INDEX received_events_of_resource ON received_events (resource_code, number);
CREATE UNIQUE INDEX received_events_one_start ON received_events (request_id) WHERE effect = 'started';

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


def upgrade() -> None:
    """Create everything, in the caller's transaction."""
    for statements in (CASES, OUTBOX, PLANNING, CALENDAR, WEBHOOKS, FROM_OUTSIDE, *RULES, *RECORDING, *READING):
        op.execute(statements)


def downgrade() -> None:
    """Refused: a ledger is not taken back."""
    raise NotImplementedError("The ledger is not taken back; restore a backup into another database instead.")
