"""The tables of the log: the order of all events and acts, its tree, the checkpoints made of it; and the acts.

All of them only grow.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from ledger.tables import Digest, Instant, metadata

log_entries = Table(
    "log_entries",
    metadata,
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("request_id", Text),
    Column("seq", Integer),
    Column("act", BigInteger, unique=True),
    UniqueConstraint("request_id", "seq", name="log_entries_request_id_seq_key"),
)

"""Each entry is an event of a case, or an act."""

operator_acts = Table(
    "operator_acts",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("by", JSONB, nullable=False),
    Column("target", Text, nullable=False),
    Column("request_id", Text),
    Column("reason", Text),
    Column("details", JSONB, nullable=False),
    Column("prev", Digest, nullable=False),
    Column("digest", Digest, nullable=False),
    Column("position", BigInteger, nullable=False, unique=True, server_default=text("outbox_here() + 4095")),
    Index("operator_acts_on_target", "target", "number", postgresql_where=text("kind LIKE 'stuck%'")),
    Index("operator_acts_of_case", "request_id", "number", postgresql_where=text("request_id IS NOT NULL")),
)
"""``position`` is the act's place among the messages of the outbox: one transaction has one act."""

log_nodes = Table(
    "log_nodes",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("sm3", LargeBinary, nullable=False),
)
"""The whole subtrees of the tree, each by both algorithms; level 0 are the entries themselves."""

log_heads = Table(
    "log_heads",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("node", LargeBinary, nullable=False),
)
"""The nodes of the maps of heads, each as it is written down, by its hash; what did not change is shared by all."""

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("made_at", Instant, nullable=False, server_default=func.clock_timestamp()),
)
"""Each checkpoint by the number of entries that it covers, with the public key of whoever signed it."""

cosignatures = Table(
    "cosignatures",
    metadata,
    Column("size", BigInteger, ForeignKey("checkpoints.size"), primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("line", Text, nullable=False),
    Column("brought_at", Instant, nullable=False, server_default=func.clock_timestamp()),
)
"""What witnesses wrote below a checkpoint: the first line that each key did."""

timestamps = Table(
    "timestamps",
    metadata,
    Column("size", BigInteger, ForeignKey("checkpoints.size"), primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("response", LargeBinary, nullable=False),
)
"""What an authority for timestamps answered of a checkpoint (RFC 3161), and when it says it saw it."""

webhook_checkpoints = Table(
    "webhook_checkpoints",
    metadata,
    Column("webhook_id", Text, ForeignKey("webhooks.id"), primary_key=True),
    Column("size", BigInteger, nullable=False, server_default=text("-1")),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Instant, nullable=False, server_default=text("'-infinity'")),
)
"""Of which checkpoint each webhook that wants it has been told."""
