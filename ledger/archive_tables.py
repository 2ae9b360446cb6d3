"""The tables of the archive: the register of archived histories (append-only), and cases still to be archived."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, Table, Text, func, text

from ledger.tables import Digest, metadata

_Instant = DateTime(timezone=True)
_NOW = func.clock_timestamp()

archived_histories = Table(
    "archived_histories",
    metadata,
    Column("request_id", Text, ForeignKey("cases.request_id"), primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("previous_run_id", Text),
    Column("ended", Text, nullable=False),
    Column("ended_at", _Instant, nullable=False),
    Column("sha256", Digest, nullable=False),
    Column("sm3", Digest, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("stored_as", Text, nullable=False),
    Column("archived_at", _Instant, nullable=False, server_default=_NOW),
)
"""``previous_run_id`` is the run that handed over to this one. Digests and ``bytes`` are those of the uncompressed
history; ``stored_as`` is its name in the archive."""

unarchived = Table(
    "unarchived",
    metadata,
    Column("request_id", Text, ForeignKey("cases.request_id"), primary_key=True),
    Column("asked_at", _Instant, nullable=False, server_default=_NOW),
    Column("due_at", _Instant, nullable=False, server_default=text("clock_timestamp() + interval '15 seconds'")),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("problem", Text),
    Index("unarchived_by_due", "due_at", "request_id"),
)
"""``due_at``: earliest time of the next try. ``problem``: why the last try did not archive everything."""
