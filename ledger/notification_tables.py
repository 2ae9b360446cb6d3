"""The tables of notifications: what recipients chose, what was or will be sent, and the sending process."""

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, Table, Text, UniqueConstraint, text, true
from sqlalchemy.dialects.postgresql import JSONB

from ledger.tables import Digest, Instant, metadata, written_at

console_notified = Table(
    "console_notified",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("bearer", JSONB, nullable=False),
    Column("language", Text, nullable=False),
    Column("wanted", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("begun", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("address", Text),
    Column("asked_address", Text),
    Column("code", Digest),
    Column("asked_at", Instant),
    Column("asked", Integer, nullable=False, server_default=text("0")),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    written_at("seen_at"),
)
"""``wanted``: kinds by channel; ``begun``: kinds whose earlier occasions have been skipped.

``address`` is confirmed; ``asked_address`` waits for the ``code`` (kept as a digest) that was sent there.
``seen_at``: when the owner last signed in, or chose.
"""

console_notifications = Table(
    "console_notifications",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("occasion", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("error", Text),
    written_at("created_at"),
    Column("due_at", Instant, nullable=False),
    Column("begun_at", Instant),
    Column("ended_at", Instant),
    UniqueConstraint("occasion", "recipient", "channel", name="console_notifications_once"),
    Index("console_notifications_open", "due_at", "id", postgresql_where=text("state IN ('waiting', 'sending')")),
    Index("console_notifications_lost", "id", postgresql_where=text("state IN ('unknown', 'failed')")),
)
"""One row for each occasion, recipient and channel, written before sending, so that nothing is sent twice."""

console_notification_watch = Table(
    "console_notification_watch",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=true()),
    Column("holder", Text, nullable=False),
    Column("until", Instant, nullable=False),
    Column("seen_at", Instant),
)
"""The process that sends notifications, and until when."""
