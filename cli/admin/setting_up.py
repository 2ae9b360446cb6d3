"""What ``shareflow admin setup`` does."""

from datetime import timedelta

import typer

from cli.connection import NOT_RUNNING, connected
from cli.duties_work import synced_on_record, told
from cli.errors import Failure
from cli.output import print_json
from configuration.departments import departments_in_force
from configuration.errors import StartupError
from configuration.payload_keys import key_ring_of
from configuration.settings import Settings
from embedded.stack.folder import running_stack
from protocol.connecting import TemporalClient, connect_as_named
from starter.duty_schedules import Synced
from starter.temporal_checks import NotTold
from starter.temporal_setup import PATIENCE, Prepared, prepare_namespace


async def temporal_named(settings: Settings) -> TemporalClient:
    """Temporal as the environment names it, else that of the stack that runs here. Raises StartupError."""
    running = running_stack(settings.state)
    address = settings.temporal.get("target_host") or (running.temporal if running else None)
    if not address:
        raise StartupError(NOT_RUNNING)
    try:
        return await connect_as_named(settings.temporal, address, ring=key_ring_of(settings))
    except RuntimeError as error:
        cause = " ".join(str(error).split())
        raise StartupError(f"Temporal at {address} does not answer ({cause}); check TEMPORAL_ADDRESS.") from error


async def set_up_and_tell(retention_days: int | None, as_json: bool) -> None:
    """Make Temporal ready, and tell what was done."""
    settings = Settings()
    client = await temporal_named(settings)
    try:
        prepared = await prepare_namespace(client, timedelta(days=retention_days) if retention_days else None)
        synced = await _synced(settings)
    except NotTold as error:
        raise Failure(f"Temporal does not let this be set up ({error}).") from error
    except TimeoutError:
        raise Failure(f"Temporal did not take the namespace up within {PATIENCE:.0f} seconds; try again.") from None
    _tell(prepared, synced, as_json)


async def _synced(settings: Settings) -> Synced:
    """The schedules of periodic duties; they are left alone where no departments are listed here."""
    departments = departments_in_force(settings)
    if not departments:
        return Synced()
    async with connected(settings) as client:
        return await synced_on_record(client.temporal, client.writer, departments, client.policy)


def _tell(prepared: Prepared, synced: Synced, as_json: bool) -> None:
    changed = prepared.changed or bool(synced.created or synced.updated or synced.deleted)
    if as_json:
        before = prepared.retention_before
        print_json(
            {
                "namespace": prepared.namespace,
                "created": prepared.created,
                "retention_days": prepared.retention.days,
                "retention_days_before": None if before is None else before.days,
                "search_attributes_added": sorted(prepared.attributes),
                "schedules": vars(synced),
                "changed": changed,
            }
        )
        return
    days = prepared.retention.days
    typer.echo(f"namespace {prepared.namespace}: {'created' if prepared.created else 'there'}, keeps {days} days")
    typer.echo(f"search attributes: {', '.join(prepared.attributes) + ' added' if prepared.attributes else 'there'}")
    typer.echo(told(synced))
    if not changed:
        typer.echo("Nothing was changed.")
