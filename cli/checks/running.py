"""What works on the cases: workers and the builds they are of, and the schedules of periodic duties."""

from cli.checks.findings import Check, ok, problem, skipped, unexpected, warning
from configuration.departments import departments_in_force
from configuration.policy_file import policy_in_force
from configuration.settings import Settings
from protocol.connecting import TemporalClient
from protocol.names import TASK_QUEUE
from protocol.pollers import is_polled, versions_waiting
from starter.deployments import Deployment
from starter.duty_schedules import states

WORKERS = "workers"
SCHEDULES = "schedules"


async def workers_check(settings: Settings, client: TemporalClient | None) -> Check:
    """Whether workers ask for work, of the build that is current, and no case waits for another build."""
    if client is None:
        return skipped(WORKERS, "Workers are looked for when Temporal can be reached.")
    try:
        return await _workers(Deployment(client, settings.deployment_name), client)
    except Exception as error:
        return problem(WORKERS, unexpected(error))


async def _workers(deployment: Deployment, client: TemporalClient) -> Check:
    if not await is_polled(client, TASK_QUEUE):
        return problem(WORKERS, "No worker asks for work.", "start one with `shareflow worker`, and look into its log")
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
    says = f"workers ask for work, or did within the last two minutes: {named}"
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
