"""Whether a database has a schema that this version works with: its own, or that of the next version.

A release only adds to the schema; what it no longer needs is removed by a later one (expand and contract). So processes
of the previous version go on working after a database was migrated.
"""

from pathlib import Path
from typing import Final

from psycopg2.errorcodes import INSUFFICIENT_PRIVILEGE
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from ledger.engine import reading
from ledger.errors import LedgerUnavailable
from ledger.failures import DATABASE_AWAY

_MIGRATIONS: Final = Path(__file__).parent / "migrations" / "versions"

SCHEMA: Final = max(file.name[1:5] for file in _MIGRATIONS.glob("v[0-9][0-9][0-9][0-9]_*.py"))
"""The schema of this version: the number of its last migration, from the file name."""

_HAS = "SELECT version_num FROM alembic_version"
_THERE = "SELECT to_regclass('alembic_version') IS NOT NULL"


def schema_of(engine: Engine) -> str | None:
    """The schema of a database; None if it has no tables of a ledger."""
    with reading(engine) as connection:
        there = connection.execute(text(_THERE)).scalar_one()
        found: str | None = connection.execute(text(_HAS)).scalar() if there else None
        return found


def works_with(schema: str | None) -> bool:
    """Whether this version works on a schema: its own, or that of the next version."""
    return schema in (SCHEMA, f"{int(SCHEMA) + 1:04}")


def require_schema(engine: Engine) -> None:
    """Raises LedgerUnavailable unless this version works on the schema of the database.

    A role that may not read the schema version, as was once the case for auditors, is let pass.
    """
    try:
        has = schema_of(engine)
    except DATABASE_AWAY as error:
        cause = " ".join(str(getattr(error, "orig", error)).split())
        raise LedgerUnavailable(
            f"The ledger's database does not answer any more ({cause}); check that PostgreSQL runs."
        ) from error
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) == INSUFFICIENT_PRIVILEGE:
            return
        raise
    if works_with(has):
        return
    if has is None or has < SCHEMA:
        lacks = "has no tables yet" if has is None else f"has the schema {has}"
        raise LedgerUnavailable(
            f"The ledger's database {lacks}, this version of Shareflow needs {SCHEMA}; run `shareflow admin migrate`."
        )
    raise LedgerUnavailable(
        f"The ledger's database has the schema {has}, this version of Shareflow works with {SCHEMA} and the next one; "
        "start a newer version."
    )
