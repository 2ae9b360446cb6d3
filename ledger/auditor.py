"""The auditors' role in the database: its members read the ledger and write nothing."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ledger.archive_tables import archived_histories
from ledger.assessed_tables import assessed_parts
from ledger.backup_tables import backups
from ledger.desk_tables import desk_claims
from ledger.engine import Engine, reading
from ledger.leases import leases
from ledger.log_tables import checkpoints
from ledger.notification_tables import console_notified
from ledger.seal_tables import assessment_seals
from ledger.session_tables import console_sessions
from ledger.tables import metadata

AUDITOR: Final = "shareflow_auditor"
ELSEWHERE: Final = (
    archived_histories,
    assessed_parts,
    assessment_seals,
    backups,
    checkpoints,
    console_notified,
    console_sessions,
    desk_claims,
    leases,
)
"""One table of each other module of tables, so that their modules are loaded."""
SECRET: Final = ("webhook", "console")
"""Prefixes of the tables that hold others' secrets or sign-ins, and nothing about cases."""

_MAY = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
_MAY_WRITE = text("SELECT has_table_privilege('cases', 'INSERT')")
_THERE = text(f"SELECT count(*) FROM pg_roles WHERE rolname = '{AUDITOR}'")
_UNREAD = text(f"SELECT name FROM unnest(:names) AS name WHERE NOT has_table_privilege('{AUDITOR}', name, 'SELECT')")


def may_write(engine: Engine) -> bool:
    """Whether the user of these connections may write cases."""
    with reading(engine) as connection:
        return bool(connection.execute(_MAY_WRITE).scalar_one())


def readable() -> Sequence[str]:
    """The tables that auditors may read, including the schema version."""
    tables = [table.name for table in metadata.sorted_tables if not table.name.startswith(SECRET)]
    return [*tables, "alembic_version"]


def let_auditors_read(connection: Connection) -> bool:
    """Create the role, if the migrating role may do so, and grant it reading; returns whether the role exists.

    If somebody else has created it, it gets the same rights. Idempotent.
    """
    if not connection.execute(_THERE).scalar_one():
        if not connection.execute(_MAY).scalar_one():
            return False
        _create(connection)
    missing = list(connection.execute(_UNREAD, {"names": list(readable())}).scalars())
    if missing:
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {AUDITOR}"))
        connection.execute(text(f"GRANT SELECT ON {', '.join(missing)} TO {AUDITOR}"))
    return True


def _create(connection: Connection) -> None:
    """Create the role. Roles belong to the whole server, so another ledger may be creating it at the same moment."""
    try:
        with connection.begin_nested():
            connection.execute(text(f"CREATE ROLE {AUDITOR} NOLOGIN"))
    except DBAPIError:
        if not connection.execute(_THERE).scalar_one():
            raise
