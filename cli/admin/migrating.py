"""What ``shareflow admin migrate`` does."""

import asyncio

import typer

from cli.connection import NOT_RUNNING
from cli.output import print_json
from configuration.errors import StartupError
from configuration.settings import Settings
from embedded.stack.folder import running_stack
from ledger.engine import connect
from ledger.schema import migrate
from ledger.schema_check import SCHEMA, works_with


def owners_url(settings: Settings) -> str:
    """The ledger by the role that owns its tables: what is set for it, else what workers use, else what runs here.

    Raises StartupError where nothing is named and nothing runs.
    """
    running = running_stack(settings.state)
    url = settings.migration_url or settings.database_url or (running.ledger if running else None)
    if not url:
        raise StartupError(NOT_RUNNING)
    return url


def owners_setting(settings: Settings) -> str:
    """The setting of which that is, to be checked when nobody answers there."""
    return (Settings.migration_url if settings.migration_url else Settings.database_url).variable


async def migrate_and_tell(as_json: bool) -> None:
    """Migrate, and tell from which schema to which."""
    settings = Settings()
    before = await asyncio.to_thread(_migrated, owners_url(settings), owners_setting(settings))
    kept = works_with(before)
    if as_json:
        print_json({"before": before, "schema": before if kept else SCHEMA, "changed": not kept})
    elif kept:
        whose = "" if before == SCHEMA else ", the next version's, on which this one works, too"
        typer.echo(f"The ledger has the schema {before} already{whose}; nothing was changed.")
    else:
        typer.echo(f"The ledger has the schema {SCHEMA} now; it had {before or 'none'}.")


def _migrated(url: str, named: str) -> str | None:
    engine = connect(url, pool_size=1, named=named)
    try:
        return migrate(engine)
    finally:
        engine.dispose()
