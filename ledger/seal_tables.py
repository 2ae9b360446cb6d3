"""The table of sealed assessments (append-only)."""

from sqlalchemy import BigInteger, Column, Identity, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from ledger.tables import Digest, Instant, metadata

assessment_seals = Table(
    "assessment_seals",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("scope", JSONB, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("sealed_at", Instant, nullable=False),
    Column("figures", JSONB, nullable=False),
    Column("digest", Digest, nullable=False),
    Column("cases", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", JSONB, nullable=False),
    UniqueConstraint("scope", "edition", name="assessment_seals_scope_edition_key"),
)
"""``scope`` is what was assessed, ``digest`` covers it and its ``figures``; ``cases``: how each case counted then."""
