"""Events that came in: each once by its sender, source and id; one that had an effect never changes again."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
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
"""

ONLY_GROWS = """
CREATE TRIGGER received_events_stay BEFORE TRUNCATE ON received_events
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE received_events ENABLE ALWAYS TRIGGER received_events_stay;

CREATE TRIGGER received_events_only_grow BEFORE UPDATE OR DELETE ON received_events FOR EACH ROW
    WHEN (OLD.effect IS NOT NULL)
    EXECUTE FUNCTION ledger_refuse();
ALTER TABLE received_events ENABLE ALWAYS TRIGGER received_events_only_grow;

CREATE TRIGGER received_events_as_received BEFORE UPDATE ON received_events FOR EACH ROW
    WHEN (to_jsonb(OLD) - 'effect' - 'request_id' IS DISTINCT FROM to_jsonb(NEW) - 'effect' - 'request_id')
    EXECUTE FUNCTION ledger_as_filed();
ALTER TABLE received_events ENABLE ALWAYS TRIGGER received_events_as_received;
"""


def upgrade() -> None:
    """Create the table, in the caller's transaction."""
    for statements in (TABLES, ONLY_GROWS):
        op.execute(statements)


def downgrade() -> None:
    """Refused: a ledger is not taken back."""
    raise NotImplementedError("The ledger is not taken back; restore a backup into another database instead.")
