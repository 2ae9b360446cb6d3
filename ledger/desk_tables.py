"""The tables of the desk: claims within a department, stand-ins, calendar feeds."""

from sqlalchemy import BigInteger, Column, Date, Identity, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from ledger.tables import Digest, Instant, metadata, of_case, written_at

desk_claims = Table(
    "desk_claims",
    metadata,
    of_case(),
    Column("unit", Text, primary_key=True),
    Column("officer", Text, nullable=False),
    written_at("since"),
    Column("by", Text, nullable=False),
    Index("desk_claims_of_officer", "unit", "officer"),
)
"""Claims on open cases; the database removes a claim when its case is closed. ``unit`` is the department's code."""

desk_moves = Table(
    "desk_moves",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    written_at("at"),
    Column("request_id", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("officer", Text),
    Column("by", Text, nullable=False),
    Column("reason", Text),
    Index("desk_moves_of_case", "request_id", "number"),
    Index("desk_moves_to_officer", "unit", "officer", "at", postgresql_where=text("kind = 'hand_over'")),
)
"""Every claim, release and hand-over (append-only)."""

desk_substitutes = Table(
    "desk_substitutes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("unit", Text, nullable=False),
    Column("absent", Text, nullable=False),
    Column("substitute", Text, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text),
    written_at("created_at"),
    Column("ended_at", Instant),
    Column("ended_by", Text),
    Index("desk_substitutes_by_unit", "unit", "last_day"),
)

console_feeds = Table(
    "console_feeds",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("bearer", JSONB, nullable=False),
    written_at("created_at"),
    written_at("seen_at"),
    Column("revoked_at", Instant),
    Index("console_feeds_by_owner", "owner"),
)
"""``digest`` is that of the secret in the feed's address; ``seen_at``: when the owner last signed in."""
