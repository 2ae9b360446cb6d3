"""The tables of the ledger. ``migrations/`` has what the database itself enforces.

``events`` is the ledger proper. ``cases`` and ``clocks`` are the current state, written in the same transaction;
``filings`` and ``rule_texts`` are what cases refer to; ``outbox`` has one message for each event.
"""

from typing import Any

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
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()


class Digest(TypeDecorator[str]):
    """A digest or a salt: a hexadecimal text in Python, bytes in the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:  # noqa: ARG002
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: Any, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else bytes(value).hex()


Instant = DateTime(timezone=True)


def written_at(name: str) -> Column[Any]:
    """A column with the time at which a row was written, by the database's clock."""
    return Column(name, Instant, nullable=False, server_default=func.clock_timestamp())


def of_case() -> Column[Any]:
    """The column of the case that a row belongs to, part of the key."""
    return Column("request_id", Text, ForeignKey("cases.request_id"), primary_key=True)


# The order and the conditions of lists, literally as in ``ledger.queries.listing``, so that the indexes match.
_DUE = text("COALESCE(due_at, 'infinity'::timestamp with time zone)")
_TURN = ("statute", "stage", _DUE, "request_id")
_PLACE = text("split_part(statute, '-'::text, 1)")
_PERSON = text("(actor ->> 'person')")


def _of_open(name: str, *columns: Any, also: str | None = None) -> Index:
    """A partial index on open cases, so that closed ones cost nothing."""
    where = "closed_at IS NULL" + (f" AND {also}" if also else "")
    return Index(f"cases_open_by_{name}", *columns, postgresql_where=text(where))


rule_texts = Table(
    "rule_texts",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    written_at("stored_at"),
)

cases = Table(
    "cases",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("statute", Text, nullable=False),
    Column("statute_digest", Text, nullable=False),
    Column("policy_digest", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("requester_code", Text, nullable=False),
    Column("requester_name", Text, nullable=False),
    Column("provider_code", Text, nullable=False),
    Column("provider_name", Text, nullable=False),
    Column("resource_code", Text, nullable=False),
    Column("resource_name", Text, nullable=False),
    Column("sharing_class", Text),
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
    Column("opened_by", Text),
    Column("superior", Text),
    Column("due_at", Instant),
    Column("due_unit", Text),
    Column("due_amount", Integer),
    Column("breached", Boolean, nullable=False, server_default=false()),
    Column("extension_asked", Boolean, nullable=False, server_default=false()),
    Column("rung", SmallInteger, nullable=False, server_default=text("0")),
    Column("awaits", ARRAY(Text)),
    written_at("updated_at"),
    UniqueConstraint("filing_key", name="cases_filing_key_key"),
    Index("cases_by_filing", "filed_at", "request_id"),
    Index("cases_by_place", _PLACE, "filed_at", "request_id"),
    Index("cases_by_statute", "statute", "filed_at", "request_id"),
    Index("cases_by_requester", text("upper(requester_code)"), "filed_at", "request_id"),
    Index("cases_by_provider", text("upper(provider_code)"), "filed_at", "request_id"),
    Index("cases_by_resource", "resource_code", "filed_at", "request_id"),
    Index(
        "cases_by_procedure",
        "procedure",
        "filed_at",
        "request_id",
        postgresql_where=text("procedure <> 'share_request'"),
    ),
    Index("cases_by_closing", "closed_at", "request_id", postgresql_where=text("closed_at IS NOT NULL")),
    Index("cases_by_outcome", "outcome", "filed_at", "request_id", postgresql_where=text("outcome IS NOT NULL")),
    Index("cases_by_opener", "opened_by", postgresql_where=text("opened_by IS NOT NULL")),
    Index("cases_by_superior", "superior", "filed_at", "request_id", postgresql_where=text("superior IS NOT NULL")),
    Index("cases_by_update", "updated_at", "request_id"),
    Index("cases_breached", "filed_at", "request_id", postgresql_where=text("breached")),
    _of_open("filing", "filed_at", "request_id"),
    _of_open("stage", "stage", "filed_at", "request_id"),
    _of_open("turn", *_TURN),
    _of_open("requester", text("upper(requester_code)"), *_TURN),
    _of_open("provider", text("upper(provider_code)"), *_TURN),
    _of_open("superior", "superior", *_TURN, also="superior IS NOT NULL"),
    _of_open("extension", *_TURN, also="extension_asked"),
)

filings = Table(
    "filings",
    metadata,
    of_case(),
    Column("application", JSONB, nullable=False),
)

confirmed = Table(
    "confirmed",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
)
"""Up to which event Temporal is known to have each case."""

events = Table(
    "events",
    metadata,
    of_case(),
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
    Column("prev", Digest, nullable=False),
    Column("digest", Digest, nullable=False),
    Column("salt", Digest),
    written_at("recorded_at"),
    Index(
        "events_by_caller_key",
        text("caller_mark(request_id, caller_part(key))"),
        postgresql_where=text("key IS NOT NULL"),
    ),
    Index("events_by_person", _PERSON, "at", postgresql_where=text(f"{_PERSON} IS NOT NULL")),
)

clocks = Table(
    "clocks",
    metadata,
    of_case(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("id", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("due_date", Date, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("ended_at", Instant),
    Column("warned", Integer, nullable=False),
    Column("climbed", Integer, nullable=False),
    Index("clocks_open", "due_at", postgresql_where=text("ended_at IS NULL")),
)
"""``seq`` is the event that started the clock, and has what few queries need."""

outbox_base = Table(
    "outbox_base",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=true()),
    Column("base", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("request_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("type", Text, nullable=False),
    written_at("created_at"),
    Index("outbox_by_request", "request_id"),
    Index("outbox_by_type", "type", "position"),
)
"""Positions grow with transaction ids: readers go no further than ``outbox_horizon()``, and miss none below it."""

outbox_marks = Table(
    "outbox_marks",
    metadata,
    Column("mark", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

case_counts = Table(
    "case_counts",
    metadata,
    Column("statute", Text, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""Counts of cases, up to the mark ``counted`` of the outbox; an empty outcome means none."""

calendar_editions = Table(
    "calendar_editions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("published", Date, nullable=False),
    Column("body", JSONB, nullable=False),
    written_at("stored_at"),
)

calendar_publications = Table(
    "calendar_publications",
    metadata,
    Column("edition", Text, ForeignKey("calendar_editions.id"), primary_key=True),
    Column("started_by", Text, nullable=False),
    written_at("started_at"),
    Column("expected", Integer, nullable=False),
    Column("superseded", Integer, nullable=False, server_default=text("0")),
    written_at("seen_at"),
    Column("finished_at", Instant),
    Index("calendar_publications_open", "started_at", postgresql_where=text("finished_at IS NULL")),
)

# Webhooks: subscriptions, queues, deliveries and attempts. ``reached`` is the last message of the outbox that was
# queued for a webhook; ``webhook_queues`` has one row for each case with waiting messages.

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("org", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("visibility", JSONB, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", JSONB, nullable=False),
    Column("payload", Text, nullable=False),
    Column("checkpoints", Boolean, nullable=False, server_default=false()),
    Column("secret", Text, nullable=False),
    Column("previous_secret", Text),
    Column("previous_until", Instant),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("since", Instant, nullable=False),
    Column("deleted_at", Instant),
    Column("reached", BigInteger, nullable=False),
    Index("webhooks_by_org", text("upper(org)"), "created_at", "id"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("webhook_id", Text, ForeignKey("webhooks.id"), primary_key=True),
    Column("message_id", BigInteger, ForeignKey("outbox.position"), primary_key=True, autoincrement=False),
    Column("request_id", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    Index(
        "webhook_deliveries_in_order",
        "webhook_id",
        "request_id",
        "message_id",
        postgresql_where=text("delivered_at IS NULL"),
    ),
    Index("webhook_deliveries_pending", "webhook_id", "message_id", postgresql_where=text("delivered_at IS NULL")),
)

webhook_queues = Table(
    "webhook_queues",
    metadata,
    Column("webhook_id", Text, ForeignKey("webhooks.id"), primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("due_at", Instant, nullable=False),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("claim", Text),
    Column("leased_until", Instant),
    Index("webhook_queues_due", "webhook_id", "due_at"),
)

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("webhook_id", Text, ForeignKey("webhooks.id"), nullable=False),
    Column("message_id", BigInteger),
    Column("at", Instant, nullable=False),
    Column("status", Integer),
    Column("error", Text),
    Column("milliseconds", Integer, nullable=False),
    Column("response", Text, nullable=False),
    Index("webhook_attempts_of_delivery", "webhook_id", "message_id", "id"),
)

# Events received from other systems.

received_events = Table(
    "received_events",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("sender", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text),
    Column("time", Instant),
    Column("request_id", Text, ForeignKey("cases.request_id")),
    Column("resource_code", Text),
    Column("occurred_at", Instant),
    Column("uses", BigInteger),
    Column("data", JSONB, nullable=False),
    Column("digest", Text, nullable=False),
    Column("places", JSONB, nullable=False),
    Column("received_from", Text, nullable=False),
    written_at("received_at"),
    Column("effect", Text),
    UniqueConstraint("sender", "source", "id", name="received_events_sender_source_id_key"),
    Index("received_events_of_request", "request_id", "number"),
    Index("received_events_of_resource", "resource_code", "number"),
    Index("received_events_one_start", "request_id", unique=True, postgresql_where=text("effect = 'started'")),
)

# Attachments: who uploaded which content, and which cases name it (maintained by triggers).

attachments = Table(
    "attachments",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("org", Text, primary_key=True),
    Column("sm3", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("uploaded_by", Text, nullable=False),
    written_at("uploaded_at"),
)

brought_papers = Table(
    "brought_papers",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("org", Text, primary_key=True),
    Column("brought_at", Instant, nullable=False),
)
"""Which organisation ever uploaded which content (append-only): the database adds to it with each attachment."""

named_papers = Table(
    "named_papers",
    metadata,
    Column("sha256", Text, primary_key=True),
    of_case(),
)
