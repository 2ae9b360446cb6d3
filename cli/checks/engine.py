"""The engine that runs here or that the environment names: database, Temporal, and whether they agree on the cases."""

import asyncio
import re
from typing import Final

from pydantic import ValidationError

from cli.checks.archive import archive_check
from cli.checks.backups import backups_check
from cli.checks.beside import api_check, issuer_check
from cli.checks.certificates import certificates_check
from cli.checks.checkpoints import checkpoints_check
from cli.checks.clocks import clocks_check
from cli.checks.findings import Check, failed, ok, part, problem, skipped, warning
from cli.checks.moment import moment_check
from cli.checks.running import schedules_check, workers_check
from cli.checks.sealing import sealing_check
from cli.checks.writing import TAKES_NOTHING, takes_nothing
from configuration.errors import StartupError
from configuration.payload_keys import key_ring_of
from configuration.settings import Settings
from embedded.stack.folder import Addresses, running_stack
from ledger.engine import connect
from ledger.errors import LedgerAway, LedgerUnavailable
from ledger.queries.views import CaseFilter
from ledger.reader import Reader
from ledger.schema_check import SCHEMA, works_with
from ledger.writer import Writer
from protocol.connecting import TemporalClient, connect_as_named, namespace_is_there
from starter.temporal_checks import PATIENCE, NotTold, has_running_workflow, missing_search_attributes

CASES_LOOKED_AT = 50
BY_A_PROXY: Final = re.compile(r"invalid compression flag.*\bstatus: (?P<status>\d{3}[\w ]*)")
"""What the client says of an answer that is a page for people, and so no server's of Temporal."""
NAMES = {"database": Settings.database_url.variable, "temporal": Settings.temporal_address.variable}


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
        await workers_check(settings, None if database.found.word == TAKES_NOTHING else reader, client),
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
        return problem("database", "temporal_alone_named", **NAMES), None
    if not url:
        return skipped("database", "no_stack", **NAMES), None
    try:
        engine = connect(url, pool_size=1)
    except LedgerAway as error:
        return problem("database", "database_away", address=error.address, why=error.cause, **NAMES), None
    except LedgerUnavailable as error:
        return problem("database", "database_unusable", why=error), None
    reader = Reader(engine)
    try:
        has = reader.schema()
    except Exception as error:
        reader.close()
        return problem("database", "schema_not_read", why=error), None
    where = NAMES["database"] if named else part("stack_here")
    if works_with(has):
        refused = takes_nothing(reader, Writer(engine))
        return refused or ok("database", "database", where=where, schema=has), reader
    reader.close()
    if has is None:
        return problem("database", "no_tables", where=where), None
    word = "schema_too_old" if has < SCHEMA else "schema_too_new"
    return problem("database", word, where=where, schema=has, ours=SCHEMA), None


async def _temporal(settings: Settings, running: Addresses | None) -> tuple[Check, TemporalClient | None]:
    """Whether Temporal answers and knows our search attributes; a client if it answers."""
    try:
        named = settings.temporal.get("target_host")
    except Exception as error:  # of a configuration file that cannot be read, in the library's words
        return problem("temporal", "temporal_configuration", why=error), None
    address = named or (running.temporal if running else None)
    if not address and settings.database_url:
        return problem("temporal", "database_alone_named", **NAMES), None
    if not address:
        return skipped("temporal", "no_stack", **NAMES), None
    try:
        reached = connect_as_named(settings.temporal, address, ring=key_ring_of(settings))
        client = await asyncio.wait_for(reached, PATIENCE)
    except StartupError as error:  # of the keys that seal messages, of which a check of its own tells more
        return skipped("temporal", "temporal_not_asked", address=address, why=error), None
    except (RuntimeError, TimeoutError) as error:
        if answered := BY_A_PROXY.search(str(error)):
            return problem("temporal", "temporal_behind_proxy", address=address, status=answered["status"]), None
        word = "temporal_away" if named else "temporal_here_away"
        return problem("temporal", word, address=address, why=error, **NAMES), None
    if not await namespace_is_there(client):
        return problem("temporal", "no_namespace", address=address, namespace=client.namespace), None
    try:
        return await _attributes(client, address), client
    except NotTold as error:
        return warning("temporal", "attributes_not_told", address=address, why=str(error)), client


async def _attributes(client: TemporalClient, address: str) -> Check:
    missing = await missing_search_attributes(client)
    if not missing:
        return ok("temporal", "temporal", address=address, namespace=client.namespace)
    told = {"address": address, "namespace": client.namespace, "names": [*missing]}
    options = " ".join(f"--name {name} --type {kind}" for name, kind in missing.items())
    return problem("temporal", "attributes_missing", options=options, **told)


async def cases_check(reader: Reader | None, client: TemporalClient | None) -> Check:
    """Whether the latest open cases can be read, and each has its workflow."""
    try:
        return await _cases(reader, client)
    except ValidationError:
        return problem("cases", "case_altered")
    except Exception as error:
        return failed("cases", error)


async def _cases(reader: Reader | None, client: TemporalClient | None) -> Check:
    """Whether every open case has its workflow; the latest fifty are looked at."""
    if reader is None or client is None:
        return skipped("cases", "cases_not_compared")
    page = await asyncio.to_thread(reader.cases, CaseFilter(open=True), None, CASES_LOOKED_AT)
    alive = await asyncio.gather(*(has_running_workflow(client, case.workflow_id) for case in page.cases))
    lost = [case.request_id for case, lives in zip(page.cases, alive, strict=True) if not lives]
    scope = part("latest_cases" if page.next else "open_cases", number=len(page.cases))
    if not lost:
        return ok("cases", "cases", scope=scope)
    return problem("cases", "cases_lost", number=len(lost), scope=scope, ids=lost, **NAMES)
