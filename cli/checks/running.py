"""What works on the cases: workers and the builds they are of, and the schedules of periodic duties."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from background.stuck import EVERY
from cli.checks.findings import Check, ok, problem, skipped, unexpected, warning
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
START: Final = "start one with `shareflow worker`, and look into its log"
SILENT: Final = EVERY + timedelta(seconds=5)
"""One of the workers looks at what is stuck so often, and may take some seconds for it."""


async def workers_check(settings: Settings, reader: Reader | None, client: TemporalClient | None) -> Check:
    """Whether workers ask for work, of the build that is current, and no case waits for another build.

    One that was killed stands in Temporal's list of who asks for up to a hundred seconds; that nobody has looked at
    what is stuck, as one of the workers does every quarter of a minute, is in the ledger.
    """
    if client is None:
        return skipped(WORKERS, "Workers are looked for when Temporal can be reached.")
    try:
        silent = await asyncio.to_thread(reader.stuck_book.watched_ago) if reader is not None else None
        found = await _workers(Deployment(client, settings.deployment_name), client)
        return found if found.state != "ok" or silent is None or silent < SILENT else await _unheard(silent, client)
    except Exception as error:
        return problem(WORKERS, unexpected(error))


async def _unheard(silent: timedelta, client: TemporalClient) -> Check:
    """Temporal still lists workers, and the ledger has heard of none."""
    asked = max(each.last_access_time.ToDatetime(UTC) for each in await workers_asking(client, TASK_QUEUE))
    ago = max((datetime.now(UTC) - asked).total_seconds(), 0)
    says = (
        f"No worker has looked at what is stuck for {silent.total_seconds():.0f} s, and the last asked Temporal for "
        f"work {ago:.0f} s ago"
    )
    if silent >= NOBODY_WATCHED:
        return problem(WORKERS, f"{says}: no worker runs.", START)
    return warning(WORKERS, f"{says}: one has ended, and maybe there is none.", f"ask again in a minute, or {START}")


async def _workers(deployment: Deployment, client: TemporalClient) -> Check:
    if not await is_polled(client, TASK_QUEUE):
        return problem(WORKERS, "No worker asks for work.", START)
    builds, current = await deployment.polling(), await deployment.current()
    waiting = await versions_waiting(client)
    named = ", ".join(sorted(build or "of no build" for build in builds))
    if waiting:
        said = "; ".join(f"{number} workflows wait for {version}" for (version, _), number in sorted(waiting.items()))
        return problem(
            WORKERS,
            f"Workflows wait for workers of a build that nobody runs: {said}.",
            "start workers of that build, or carry them on with `shareflow admin release` of one that runs",
        )
    if builds and None not in builds and current not in builds:
        return problem(
            WORKERS,
            f"Workers of {named} ask for work, and {current or 'no build'} is current: they get none.",
            "make theirs current with `shareflow admin release BUILD_ID`",
        )
    if len(builds) > 1:
        says = f"Workers of several builds ask for work ({named}); {current or 'none'} is current."
        return warning(WORKERS, says, "end those of the build before once the release is over")
    says = f"workers ask for work: {named}"
    return ok(WORKERS, says + (", which is current" if current else ""))


async def schedules_check(settings: Settings, client: TemporalClient | None) -> Check:
    """Whether each periodic duty of the places that are listed has its schedule."""
    if client is None:
        return skipped(SCHEDULES, "Schedules are looked at when Temporal can be reached.")
    try:
        found = await states(client, departments_in_force(settings), policy_in_force(settings))
    except Exception as error:
        return problem(SCHEDULES, unexpected(error))
    if not found:
        return skipped(SCHEDULES, f"No place is listed: {Settings.departments.variable} names no departments.")
    missing = [each.wanted.id for each in found if not each.there]
    if missing:
        says = f"{len(missing)} of {len(found)} periodic duties have no schedule: {', '.join(missing[:5])}."
        return problem(SCHEDULES, says, "run `shareflow admin setup`, or `shareflow duties sync`")
    paused = [each.wanted.id for each in found if each.paused]
    if paused:
        says = f"{len(paused)} of {len(found)} schedules are paused: {', '.join(paused[:5])}."
        return warning(SCHEDULES, says, "unpause them with `temporal schedule toggle --unpause`")
    return ok(SCHEDULES, f"{len(found)} periodic duties, each with its schedule")
