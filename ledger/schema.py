"""Migrating a database to the schema of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from psycopg2.errorcodes import INSUFFICIENT_PRIVILEGE
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from ledger.app_role import let_app_work
from ledger.auditor import let_auditors_read
from ledger.errors import LedgerUnavailable
from ledger.schema_check import SCHEMA, works_with

# An arbitrary constant that every version shares: "share" in ASCII.
MIGRATION_LOCK = 0x7368617265

# Positions in the outbox are made of the server's transaction ids. A server on which a backup was restored may have
# lower ones; an offset makes new positions come after all earlier ones.
_POSITIONS_GO_ON = text(
    """
    WITH reached AS (
        SELECT greatest((SELECT max(position) FROM outbox), (SELECT max(reached) FROM webhooks)) AS last
    )
    UPDATE outbox_base SET base = last + 1 FROM reached
        WHERE last >= base + (pg_snapshot_xmax(pg_current_snapshot())::text::bigint << 12)
    """
)

_OWNS_TABLES = text("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('alembic_version')")


def migrate(engine: Engine) -> str | None:
    """Apply the migrations that the database lacks, all or none, and grant auditors, workers and API their rights.

    Returns the schema before (None: no tables). Idempotent; also does nothing if the next version has already migrated
    the database, since this version works on that schema too.

    Processes that start at the same time wait for each other, up to a minute. Raises LedgerUnavailable if the database
    was migrated by a Shareflow newer than the next version, or the role may not change it.
    """
    with engine.begin() as connection:
        # The engine's timeouts are meant for recording a step; a migration may take longer.
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        before: str | None = MigrationContext.configure(connection).get_current_revision()
        if before != SCHEMA and works_with(before):
            return before
        try:
            command.upgrade(_config(connection), "head")
        except CommandError as error:
            raise LedgerUnavailable(
                f"The ledger's database belongs to another version of Shareflow ({error}); "
                "start the version that migrated it, or a newer one."
            ) from error
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) != INSUFFICIENT_PRIVILEGE:
                raise
            raise LedgerUnavailable(
                "The role of the ledger's database does not own its tables, so it cannot change them; "
                "name the one that does with SHAREFLOW_MIGRATION_URL."
            ) from error
        if connection.execute(_OWNS_TABLES).scalar_one():
            connection.execute(_POSITIONS_GO_ON)
            let_auditors_read(connection)
            let_app_work(connection)
    return before


def _config(connection: Connection) -> Config:
    """Alembic's configuration without an alembic.ini; the migrations are beside this file."""
    config = Config(attributes={"connection": connection})
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
