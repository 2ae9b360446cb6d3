"""The table of backups: when the ledger was backed up, which only grows."""

from sqlalchemy import Column, Table

from ledger.tables import Digest, Instant, metadata

backups = Table(
    "backups",
    metadata,
    Column("sha256", Digest, primary_key=True),
    Column("made_at", Instant, nullable=False),
)
"""Each backup that was whole when it took its place, by the digest of its manifest."""
