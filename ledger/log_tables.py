"""The tables of the log: the order of all events and acts, the Merkle tree, its checkpoints; and operators' acts.

All of them are append-only.
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
"""``position`` is the act's position among the messages of the outbox; a transaction has one act."""

log_nodes = Table(
    "log_nodes",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("sm3", LargeBinary, nullable=False),
)
"""The complete subtrees of the Merkle tree, each hashed by both algorithms; level 0 are the entries."""

log_heads = Table(
    "log_heads",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("node", LargeBinary, nullable=False),
)
"""The nodes of the maps of heads, by hash; all maps share the nodes that did not change."""

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
"""The witnesses' signatures below a checkpoint: the first of each key."""

timestamps = Table(
    "timestamps",
    metadata,
    Column("size", BigInteger, ForeignKey("checkpoints.size"), primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("response", LargeBinary, nullable=False),
)
"""The answer of a timestamp authority for a checkpoint (RFC 3161), and the time that it states."""

webhook_checkpoints = Table(
    "webhook_checkpoints",
    metadata,
    Column("webhook_id", Text, ForeignKey("webhooks.id"), primary_key=True),
    Column("size", BigInteger, nullable=False, server_default=text("-1")),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Instant, nullable=False, server_default=text("'-infinity'")),
)
"""The checkpoint that each webhook with checkpoints was last told of."""
