"""What the console keeps of its own: the division of work, stand-ins, feeds of calendars, sealed assessments."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DESK = """
-- Who of a department does an open case. A division of work: it restricts nobody.
CREATE TABLE desk_claims (
    request_id text NOT NULL REFERENCES cases (request_id),
    unit       text NOT NULL,
    officer    text NOT NULL,
    since      timestamptz NOT NULL DEFAULT clock_timestamp(),
    by         text NOT NULL,
    PRIMARY KEY (request_id, unit)
);
CREATE INDEX desk_claims_of_officer ON desk_claims (unit, officer);

CREATE FUNCTION desk_let_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM desk_claims WHERE request_id = NEW.request_id;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_let_go AFTER UPDATE OF closed_at ON cases FOR EACH ROW
    WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL)
    EXECUTE FUNCTION desk_let_go();

CREATE TABLE desk_moves (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    request_id text NOT NULL,
    unit       text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('claim', 'release', 'hand_over')),
    officer    text,
    by         text NOT NULL,
    reason     text
);
CREATE INDEX desk_moves_of_case ON desk_moves (request_id, number);
CREATE TRIGGER desk_moves_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON desk_moves
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE desk_moves ENABLE ALWAYS TRIGGER desk_moves_only_grow;

CREATE TABLE desk_substitutes (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit       text NOT NULL,
    absent     text NOT NULL,
    substitute text NOT NULL CHECK (substitute <> absent),
    first_day  date NOT NULL,
    last_day   date NOT NULL CHECK (last_day >= first_day),
    by         text NOT NULL,
    reason     text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at   timestamptz,
    ended_by   text
);
CREATE INDEX desk_substitutes_by_unit ON desk_substitutes (unit, last_day);

-- What somebody did, the newest first.
CREATE INDEX events_by_person ON events ((actor ->> 'person'), at) WHERE (actor ->> 'person') IS NOT NULL;
"""

FEEDS = """
CREATE TABLE console_feeds (
    digest     bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    owner      text NOT NULL,
    bearer     jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_at timestamptz
);
CREATE INDEX console_feeds_by_owner ON console_feeds (owner);
"""

SEALS = """
-- The figures of an assessment as they stood; of the same scope each edition once.
CREATE TABLE assessment_seals (
    number    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope     jsonb NOT NULL,
    edition   integer NOT NULL CHECK (edition > 0),
    sealed_at timestamptz NOT NULL,
    figures   jsonb NOT NULL,
    digest    bytea NOT NULL CHECK (octet_length(digest) = 32),
    cases     jsonb NOT NULL,
    reason    text NOT NULL CHECK (btrim(reason) <> ''),
    by        jsonb NOT NULL,
    CONSTRAINT assessment_seals_scope_edition_key UNIQUE (scope, edition)
);
CREATE TRIGGER assessment_seals_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON assessment_seals
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE assessment_seals ENABLE ALWAYS TRIGGER assessment_seals_only_grow;
"""


def upgrade() -> None:
    """Create all of it, empty."""
    op.execute(DESK)
    op.execute(FEEDS)
    op.execute(SEALS)
