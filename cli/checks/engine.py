"""The engine that runs here or that the environment names: database, Temporal, and whether they agree on the cases."""

import asyncio

from pydantic import ValidationError

from cli.checks.archive import archive_check
from cli.checks.backups import backups_check
from cli.checks.beside import api_check, issuer_check
from cli.checks.certificates import certificates_check
from cli.checks.checkpoints import checkpoints_check
from cli.checks.clocks import clocks_check
from cli.checks.findings import Check, ok, problem, skipped, unexpected, warning
from cli.checks.moment import moment_check
from cli.checks.running import schedules_check, workers_check
from cli.checks.sealing import sealing_check
from cli.checks.writing import takes_nothing
from cli.connection import NAME_BOTH
from configuration.errors import StartupError
from configuration.payload_keys import key_ring_of
from configuration.settings import Settings
from embedded.stack.folder import Addresses, running_stack
from ledger.engine import connect
from ledger.errors import LedgerUnavailable
from ledger.queries.views import CaseFilter
from ledger.reader import Reader
from ledger.schema_check import SCHEMA, works_with
from ledger.writer import Writer
from protocol.connecting import TemporalClient, connect_as_named, namespace_is_there
from starter.temporal_checks import PATIENCE, NotTold, has_running_workflow, missing_search_attributes

CASES_LOOKED_AT = 50
START = "start one with `shareflow up`, or name one with SHAREFLOW_DATABASE_URL and TEMPORAL_ADDRESS"
ALTERED = (
    "`shareflow audit reconcile` names it and what was changed; with --repair it writes again what the events give"
)
MIGRATE = "run `shareflow admin migrate`"


async def engine_checks(settings: Settings) -> list[Check]:
    """Database and Temporal, what they hold, what works on it, and what stands before it."""
    running = running_stack(settings.state)
    database, reader = await asyncio.to_thread(_database, settings, running)
    temporal, client = await _temporal(settings, running)
    cases = await cases_check(reader, client)
    checkpoints = await asyncio.to_thread(checkpoints_check, settings, reader, running is not None)
    archive = await archive_check(settings, reader, client)
    backups = await asyncio.to_thread(backups_check, reader, settings.database_url is None)
    more = [
        await moment_check(settings, reader, client),
        await workers_check(settings, reader, client),
        await schedules_check(settings, client),
        await clocks_check(reader, client),
        await api_check(settings, running),
        await issuer_check(settings),
        await certificates_check(settings),
    ]
    if reader is not None:
        await asyncio.to_thread(reader.close)
    return [database, temporal, sealing_check(settings), cases, checkpoints, archive, backups, *more]


def _database(settings: Settings, running: Addresses | None) -> tuple[Check, Reader | None]:
    """Whether the database answers and has the schema of this version; a reader of it if so."""
    named = settings.database_url
    url = named or (running.ledger if running else None)
    if not url and settings.temporal_address:
        return problem("database", "TEMPORAL_ADDRESS is set, but SHAREFLOW_DATABASE_URL is not.", NAME_BOTH), None
    if not url:
        return skipped("database", "No stack is running here.", START), None
    try:
        engine = connect(url, pool_size=1)
    except LedgerUnavailable as error:
        return problem("database", str(error)), None
    reader = Reader(engine)
    try:
        has = reader.schema()
    except Exception as error:
        reader.close()
        return problem("database", f"The ledger's schema cannot be read ({unexpected(error)})."), None
    where = "SHAREFLOW_DATABASE_URL" if named else "the stack that runs here"
    if works_with(has):
        refused = takes_nothing(reader, Writer(engine))
        return refused or ok("database", f"reached by {where}, schema {has}, and takes what is written"), reader
    reader.close()
    if has is None:
        return problem("database", f"The database of {where} has no tables yet.", MIGRATE), None
    says = f"The database of {where} has the schema {has}, this version of Shareflow needs {SCHEMA}."
    return problem("database", says, MIGRATE if has < SCHEMA else "start a newer version of Shareflow"), None


async def _temporal(settings: Settings, running: Addresses | None) -> tuple[Check, TemporalClient | None]:
    """Whether Temporal answers and knows our search attributes; a client if it answers."""
    try:
        named = settings.temporal.get("target_host")
    except Exception as error:  # of a configuration file that cannot be read, in the library's words
        says = f"Temporal's client configuration cannot be used ({unexpected(error)})."
        return problem("temporal", says, "check TEMPORAL_CONFIG_FILE and the TEMPORAL_ variables"), None
    address = named or (running.temporal if running else None)
    if not address and settings.database_url:
        return problem("temporal", "SHAREFLOW_DATABASE_URL is set, but TEMPORAL_ADDRESS is not.", NAME_BOTH), None
    if not address:
        return skipped("temporal", "No stack is running here.", START), None
    try:
        reached = connect_as_named(settings.temporal, address, ring=key_ring_of(settings))
        client = await asyncio.wait_for(reached, PATIENCE)
    except StartupError as error:  # of the keys that seal messages, of which a check of its own tells more
        return skipped("temporal", f"Temporal at {address} was not asked: {error}"), None
    except (RuntimeError, TimeoutError) as error:
        says = f"Temporal at {address} does not answer ({unexpected(error)})."
        return problem("temporal", says, "check TEMPORAL_ADDRESS and that Temporal runs" if named else START), None
    if not await namespace_is_there(client):
        says = f"Temporal at {address} has no namespace {client.namespace} yet."
        return problem("temporal", says, "run `shareflow admin setup`"), None
    try:
        return await _attributes(client, address), client
    except NotTold as error:
        says = f"Temporal at {address} does not say which search attributes it knows ({error})."
        return warning("temporal", says, "look them up with `temporal operator search-attribute list`"), client


async def _attributes(client: TemporalClient, address: str) -> Check:
    missing = await missing_search_attributes(client)
    if not missing:
        return ok("temporal", f"reached at {address}, namespace {client.namespace}, search attributes known")
    options = " ".join(f"--name {name} --type {kind}" for name, kind in missing.items())
    return problem(
        "temporal",
        f"Temporal at {address} does not know, or not with this type: {', '.join(missing)}.",
        f"temporal operator search-attribute create --namespace {client.namespace} {options}",
    )


async def cases_check(reader: Reader | None, client: TemporalClient | None) -> Check:
    """Whether the latest open cases can be read, and each has its workflow."""
    try:
        return await _cases(reader, client)
    except ValidationError:
        return problem("cases", "A case's row in the ledger has a word that no case has: it cannot be read.", ALTERED)
    except Exception as error:
        return problem("cases", unexpected(error))


async def _cases(reader: Reader | None, client: TemporalClient | None) -> Check:
    """Whether every open case has its workflow; the latest fifty are looked at."""
    if reader is None or client is None:
        return skipped("cases", "Cases are compared when the database and Temporal can both be reached.")
    page = await asyncio.to_thread(reader.cases, CaseFilter(open=True), None, CASES_LOOKED_AT)
    alive = await asyncio.gather(*(has_running_workflow(client, case.workflow_id) for case in page.cases))
    lost = [case.request_id for case, lives in zip(page.cases, alive, strict=True) if not lives]
    scope = f"{'the latest ' if page.next else ''}{len(page.cases)} open cases"
    if not lost:
        return ok("cases", f"{scope}, each with its workflow")
    return problem(
        "cases",
        f"{len(lost)} of {scope} have no running workflow: {', '.join(lost)}.",
        "check that TEMPORAL_ADDRESS and SHAREFLOW_DATABASE_URL name the same engine; else restore Temporal's data, "
        "or begin them anew with `shareflow audit reconcile --begin-anew`",
    )
