"""Notifications: who wants to be told of what on which way, and what each was told."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NOTIFICATIONS = """
CREATE TABLE console_notified (
    owner         text PRIMARY KEY,
    bearer        jsonb NOT NULL,
    language      text NOT NULL CHECK (language IN ('zh', 'en')),
    wanted        jsonb NOT NULL DEFAULT '{}'::jsonb,
    begun         jsonb NOT NULL DEFAULT '{}'::jsonb,
    address       text,
    asked_address text,
    code          bytea CHECK (octet_length(code) = 32),
    asked_at      timestamptz,
    asked         integer NOT NULL DEFAULT 0,
    tries         integer NOT NULL DEFAULT 0,
    seen_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The row is there before anything is sent: what is unique here is sent once at most.
CREATE TABLE console_notifications (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    occasion   text NOT NULL,
    recipient  text NOT NULL,
    channel    text NOT NULL CHECK (channel IN ('mail', 'group')),
    kind       text NOT NULL,
    language   text NOT NULL,
    title      text NOT NULL,
    body       text NOT NULL,
    state      text NOT NULL
        CHECK (state IN ('before', 'nothing', 'waiting', 'sending', 'sent', 'unknown', 'failed')),
    tries      integer NOT NULL DEFAULT 0,
    error      text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at     timestamptz NOT NULL,
    begun_at   timestamptz,
    ended_at   timestamptz,
    CONSTRAINT console_notifications_once UNIQUE (occasion, recipient, channel)
);
CREATE INDEX console_notifications_open ON console_notifications (due_at, id) WHERE state IN ('waiting', 'sending');
CREATE INDEX console_notifications_lost ON console_notifications (id) WHERE state IN ('unknown', 'failed');

CREATE TABLE console_notification_watch (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    holder  text NOT NULL,
    until   timestamptz NOT NULL,
    seen_at timestamptz
);

-- What was handed over to somebody of late.
CREATE INDEX desk_moves_to_officer ON desk_moves (unit, officer, at) WHERE kind = 'hand_over';
"""


def upgrade() -> None:
    """Create all of it, empty."""
    op.execute(NOTIFICATIONS)
