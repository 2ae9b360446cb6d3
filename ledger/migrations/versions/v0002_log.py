"""The log of all events: its order, its Merkle tree, the checkpoints made of it; and the register of the archive."""

from alembic import op

from ledger.migrations.archive import ARCHIVE, ARCHIVE_ONLY_GROWS

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LOG = """
CREATE TABLE log_entries (
    place      bigint PRIMARY KEY,
    request_id text NOT NULL,
    seq        integer NOT NULL,
    UNIQUE (request_id, seq)
);

CREATE TABLE log_nodes (
    level  smallint NOT NULL,
    number bigint NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    sm3    bytea NOT NULL CHECK (octet_length(sm3) = 32),
    PRIMARY KEY (level, number)
);

CREATE TABLE checkpoints (
    size    bigint PRIMARY KEY,
    note    text NOT NULL,
    key     text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""

ONLY_GROWS = """
CREATE TRIGGER {table}_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_only_grow;
"""


def upgrade() -> None:
    """Create the log, empty: whoever makes the first checkpoint enters what is there."""
    op.execute(LOG)
    for statement in ARCHIVE:
        op.execute(statement)
    for table in ("log_entries", "log_nodes", "checkpoints", *ARCHIVE_ONLY_GROWS):
        op.execute(ONLY_GROWS.format(table=table))
