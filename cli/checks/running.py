"""What works on the cases: workers and the builds they are of, and the schedules of periodic duties."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from background.stuck import EVERY
from cli.checks.findings import Check, failed, ok, part, problem, skipped, warning
from configuration.departments import departments_in_force
from configuration.policy_file import policy_in_force
from configuration.settings import Settings
from ledger.queries.stuck import NOBODY_WATCHED
from ledger.reader import Reader
from protocol.connecting import TemporalClient
from protocol.names import TASK_QUEUE
from protocol.pollers import is_polled, versions_waiting, workers_asking
from starter.deployments import Deployment
from starter.duty_schedules import states

WORKERS = "workers"
SCHEDULES = "schedules"
SILENT: Final = EVERY + timedelta(seconds=5)
"""One of the workers looks at what is stuck so often, and may take some seconds for it."""


async def workers_check(settings: Settings, reader: Reader | None, client: TemporalClient | None) -> Check:
    """Whether workers ask for work, of the build that is current, and no case waits for another build.

    One that was killed stands in Temporal's list of who asks for up to a hundred seconds; that nobody has looked at
    what is stuck, as one of the workers does every quarter of a minute, is in the ledger; ``reader`` is None where the
    ledger cannot say so.
    """
    if client is None:
        return skipped(WORKERS, "workers_not_looked_for")
    try:
        silent = await asyncio.to_thread(reader.stuck_book.watched_ago) if reader is not None else None
        found = await _workers(Deployment(client, settings.deployment_name), client)
        return found if found.state != "ok" or silent is None or silent < SILENT else await _unheard(silent, client)
    except Exception as error:
        return failed(WORKERS, error)


async def _unheard(silent: timedelta, client: TemporalClient) -> Check:
    """Temporal still lists workers, and the ledger has heard of none.

    None runs where none has asked for work since a look was missed: after a while without Temporal or the ledger they
    ask again some seconds before one of them looks.
    """
    asked = max(each.last_access_time.ToDatetime(UTC) for each in await workers_asking(client, TASK_QUEUE))
    ago = max(datetime.now(UTC) - asked, timedelta())
    heard = {"silent": round(silent.total_seconds()), "ago": round(ago.total_seconds())}
    if silent >= NOBODY_WATCHED and silent - ago < SILENT:
        return problem(WORKERS, "no_worker", **heard)
    return warning(WORKERS, "unheard", **heard)


async def _workers(deployment: Deployment, client: TemporalClient) -> Check:
    if not await is_polled(client, TASK_QUEUE):
        return problem(WORKERS, "nobody_asks")
    builds, current = await deployment.polling(), await deployment.current()
    waiting = await versions_waiting(client)
    of_none = [part("of_no_build")] if None in builds else []
    told = {"builds": [*sorted(filter(None, builds)), *of_none], "current": current or part("no_build")}
    if waiting:
        bound = [part("wait_for_build", number=n, build=version) for (version, _), n in sorted(waiting.items())]
        return problem(WORKERS, "build_without_worker", bound=bound)
    if builds and None not in builds and current not in builds:
        spreads = await deployment.spreading()
        if spreads in builds:
            return warning(WORKERS, "build_spreads", build=spreads)
        return problem(WORKERS, "builds_not_current", **told)
    if len(builds) > 1:
        return warning(WORKERS, "several_builds", **told)
    return ok(WORKERS, "workers_of_current" if current else "workers_ask", **told)


async def schedules_check(settings: Settings, client: TemporalClient | None) -> Check:
    """Whether each periodic duty of the places that are listed has its schedule."""
    if client is None:
        return skipped(SCHEDULES, "schedules_not_looked_at")
    try:
        found = await states(client, departments_in_force(settings), policy_in_force(settings))
    except Exception as error:
        return failed(SCHEDULES, error)
    if not found:
        return skipped(SCHEDULES, "no_place_listed", variable=Settings.departments.variable)
    missing = [each.wanted.id for each in found if not each.there]
    if missing:
        return problem(SCHEDULES, "schedules_missing", number=len(missing), of=len(found), ids=missing[:5])
    paused = [each.wanted.id for each in found if each.paused]
    if paused:
        return warning(SCHEDULES, "schedules_paused", number=len(paused), of=len(found), ids=paused[:5])
    return ok(SCHEDULES, "schedules", of=len(found))
