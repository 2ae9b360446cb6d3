"""The tables of the console's users: sessions, forms in progress, and notes on cases."""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Table, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB

from ledger.tables import Digest, Instant, metadata

console_sessions = Table(
    "console_sessions",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("bearer", JSONB, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)
"""``digest`` is that of the browser's token, so nobody can sign in with what the table holds."""

console_forms = Table(
    "console_forms",
    metadata,
    Column("session", Digest, ForeignKey("console_sessions.digest", ondelete="CASCADE"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("page", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("kept_at", Instant, nullable=False, server_default=func.clock_timestamp()),
)
"""What was typed into the forms of a page, for as long as the session lasts; ``id`` is a digest of it."""

console_notes = Table(
    "console_notes",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("request_id", Text, ForeignKey("cases.request_id"), nullable=False),
    Column("at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("role", Text, nullable=False),
    Column("org", Text),
    Column("person", Text, nullable=False),
    Column("side", Text),
    Column("text", Text, nullable=False),
    Column("key", Text, nullable=False),
    UniqueConstraint("request_id", "key", name="console_notes_request_id_key_key"),
    Index("console_notes_of_case", "request_id", "number"),
)
"""Notes are not events; they are only added. ``side``: for that side alone (null: for all who see the case)."""
