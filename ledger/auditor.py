"""The auditors' role in the database: it reads the ledger and writes nothing, whoever is a member of it."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ledger.archive_tables import archived_histories
from ledger.assessed_tables import assessed_parts
from ledger.backup_tables import backups
from ledger.desk_tables import desk_claims
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
"""Of each other file of tables one, by which all of it is known."""
SECRET: Final = ("webhook", "console")
"""How the names of those tables begin that hold secrets of others, or who signed in, and nothing of a case."""

_MAY = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
_THERE = text(f"SELECT count(*) FROM pg_roles WHERE rolname = '{AUDITOR}'")
_UNREAD = text(f"SELECT name FROM unnest(:names) AS name WHERE NOT has_table_privilege('{AUDITOR}', name, 'SELECT')")


def readable() -> Sequence[str]:
    """The tables that auditors read, and which schema they are of."""
    tables = [table.name for table in metadata.sorted_tables if not table.name.startswith(SECRET)]
    return [*tables, "alembic_version"]


def let_auditors_read(connection: Connection) -> bool:
    """Have the role there, where whoever migrates may create roles, and let it read; whether it is there.

    Where somebody else has created it, it is let read all the same. Repeated, nothing changes.
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
    """Roles are those of the whole server: a ledger beside this one may create it at this very moment."""
    try:
        with connection.begin_nested():
            connection.execute(text(f"CREATE ROLE {AUDITOR} NOLOGIN"))
    except DBAPIError:
        if not connection.execute(_THERE).scalar_one():
            raise
