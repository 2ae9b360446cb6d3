"""The table of backups (append-only)."""

from sqlalchemy import Column, Table

from ledger.tables import Digest, Instant, metadata

backups = Table(
    "backups",
    metadata,
    Column("sha256", Digest, primary_key=True),
    Column("made_at", Instant, nullable=False),
)
"""Each complete backup, by the digest of its manifest."""
