"""Webhooks: subscriptions, deliveries, the queues that keep the order of each case, and the log of attempts."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
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
    message_id   bigint NOT NULL REFERENCES outbox (id),
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


def upgrade() -> None:
    """Create the tables, in the caller's transaction."""
    op.execute(TABLES)


def downgrade() -> None:
    """Refused: a ledger is not taken back."""
    raise NotImplementedError("The ledger is not taken back; restore a backup into another database instead.")
