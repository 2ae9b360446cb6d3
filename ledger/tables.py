"""The tables of the ledger. What the database itself refuses stands in ``migrations/``.

``events`` is the ledger proper. ``cases`` and ``clocks`` are its current state, kept in the same
transaction; ``outbox`` holds one message an event for the outside.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

Instant = DateTime(timezone=True)

cases = Table(
    "cases",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("statute", Text, nullable=False),
    Column("statute_digest", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("requester_code", Text, nullable=False),
    Column("requester_name", Text, nullable=False),
    Column("provider_code", Text, nullable=False),
    Column("provider_name", Text, nullable=False),
    Column("resource_code", Text, nullable=False),
    Column("resource_name", Text, nullable=False),
    Column("sharing_class", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("outcome", Text),
    Column("filed_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("seq", Integer, nullable=False),
    Column("head_digest", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("filing_key", Text, nullable=False),
    Column("filing_digest", Text, nullable=False),
    Column("workflow_id", Text, nullable=False),
    Column("stuck_reason", Text),
    Column("stuck_since", Instant),
    Column("header", JSONB, nullable=False),
    Column("updated_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    UniqueConstraint("filing_key", name="cases_filing_key_key"),
    Index("cases_by_filing", "filed_at", "request_id"),
    Index("cases_by_stage", "stage", "filed_at", "request_id"),
    Index("cases_by_requester", "requester_code", "filed_at", "request_id"),
    Index("cases_by_provider", "provider_code", "filed_at", "request_id"),
    Index("cases_by_update", "updated_at"),
    Index("cases_stuck", "stuck_since", postgresql_where=text("stuck_reason IS NOT NULL")),
)

events = Table(
    "events",
    metadata,
    Column("request_id", Text, ForeignKey("cases.request_id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("type", Text, nullable=False),
    Column("actor", JSONB, nullable=False),
    Column("stage", Text, nullable=False),
    Column("statute", Text, nullable=False),
    Column("article", Text),
    Column("data", JSONB, nullable=False),
    Column("clock", JSONB(none_as_null=True)),
    Column("key", Text),
    Column("prev", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Index("events_by_key", "request_id", "key", postgresql_where=text("key IS NOT NULL")),
)

clocks = Table(
    "clocks",
    metadata,
    Column("request_id", Text, ForeignKey("cases.request_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("article", Text),
    Column("quote", Text),
    Column("started_at", Instant, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("due_date", Date, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("calendar_edition", Text, nullable=False),
    Column("calendar_editions", JSONB, nullable=False),
    Column("warn_at", JSONB, nullable=False),
    Column("rungs", JSONB, nullable=False),
    Column("supersedes", Integer),
    Column("state", Text, nullable=False),
    Column("ended_at", Instant),
    Column("warned", Integer, nullable=False),
    Column("climbed", Integer, nullable=False),
    Index("clocks_open", "due_at", postgresql_where=text("ended_at IS NULL")),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("request_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("published_at", Instant),
    UniqueConstraint("request_id", "seq", name="outbox_request_id_seq_key"),
    Index("outbox_pending", "id", postgresql_where=text("published_at IS NULL")),
)

calendar_editions = Table(
    "calendar_editions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("published", Date, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("stored_at", Instant, nullable=False, server_default=func.clock_timestamp()),
)
