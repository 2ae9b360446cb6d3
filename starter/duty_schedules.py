"""Synchronises the Temporal Schedules of periodic duties: one for each duty of each place.

A schedule starts a round (``DutyRound``) at the beginning of each period, under the text in force in the place on that
day. The wanted schedules follow from the texts, from the places in the operator's list of departments and, if a text
says 定期, from the policy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleDescription,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from domain.access import place_of
from domain.departments import Departments
from domain.periods import Recurrence, beginnings
from domain.policy import Policy
from domain.statutes.loader import packaged_statutes
from domain.statutes.model import Statute
from domain.statutes.sections import Duty
from protocol.names import DUTY_ROUND, TASK_QUEUE
from protocol.rounds import RoundOrder

PREFIX = "duty/"
TIME_ZONE = "Asia/Shanghai"
MINUTE = 5
"""Rounds start five minutes into the first day, so that no clock is still on the day before."""
CATCH_UP = timedelta(days=2 * 366)
"""Catch-up window: periods that begin while the server is down are still opened within this time."""


def schedule_id(place: str, duty: str) -> str:
    """The id of a duty's schedule."""
    return f"{PREFIX}{place}/{duty}"


@dataclass(frozen=True)
class WantedSchedule:
    """A recurring duty at a place with a list of departments."""

    statute: Statute
    duty: Duty
    recurrence: Recurrence

    @property
    def place(self) -> str:
        """The place; which of its texts applies is determined for each period."""
        return place_of(self.statute.id)

    @property
    def id(self) -> str:
        """The id of the schedule."""
        return schedule_id(self.place, self.duty.id)

    def schedule(self, task_queue: str) -> Schedule:
        """The schedule."""
        months = tuple(ScheduleRange(month) for month in beginnings(self.recurrence))
        calendar = ScheduleCalendarSpec(minute=(ScheduleRange(MINUTE),), day_of_month=(ScheduleRange(1),), month=months)
        return Schedule(
            action=ScheduleActionStartWorkflow(
                DUTY_ROUND,
                RoundOrder(statute=self.place, duty=self.duty.id),
                id=f"duty-round/{self.place}/{self.duty.id}",
                task_queue=task_queue,
                static_summary=f"{self.place}: {self.duty.name.en}"[:120],
            ),
            spec=ScheduleSpec(calendars=[calendar], time_zone_name=TIME_ZONE),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.ALLOW_ALL, catchup_window=CATCH_UP),
        )


def wanted_schedules(departments: Departments, policy: Policy) -> Mapping[str, WantedSchedule]:
    """The duties that need schedules, by schedule id."""
    return {wanted.id: wanted for wanted in _wanted(departments, policy)}


def _wanted(departments: Departments, policy: Policy) -> Iterator[WantedSchedule]:
    for statute in packaged_statutes().values():
        for duty in statute.duties or () if place_of(statute.id) in departments else ():
            recurrence = duty.recurrence(policy.regular_duties)
            if recurrence is not None:
                yield WantedSchedule(statute, duty, recurrence)


@dataclass
class Synced:
    """The result of a sync, by schedule ids."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


async def sync_schedules(
    client: Client, departments: Departments, policy: Policy, task_queue: str = TASK_QUEUE
) -> Synced:
    """Create, change and delete schedules as needed; a schedule paused by an operator stays paused."""
    synced = Synced()
    wanted = wanted_schedules(departments, policy)
    for id_, duty in wanted.items():
        await _make(client, id_, duty.schedule(task_queue), synced)
    for id_ in sorted({*await _listed(client), *_possible()} - {*wanted}):
        try:
            await client.get_schedule_handle(id_).delete()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        else:
            synced.deleted.append(id_)
    return synced


async def _make(client: Client, id_: str, schedule: Schedule, synced: Synced) -> None:
    there = await described(client, id_)
    if there is None:
        try:
            await client.create_schedule(id_, schedule)
            synced.created.append(id_)
        except ScheduleAlreadyRunningError:  # another sync was faster
            synced.unchanged.append(id_)
    elif await _shape(there.schedule, client) == await _shape(schedule, client):
        synced.unchanged.append(id_)
    else:

        def as_wanted(found: ScheduleUpdateInput) -> ScheduleUpdate:
            schedule.state = found.description.schedule.state
            return ScheduleUpdate(schedule)

        await client.get_schedule_handle(id_).update(as_wanted)
        synced.updated.append(id_)


async def described(client: Client, id_: str) -> ScheduleDescription | None:
    """A schedule on the server; None if it does not exist."""
    try:
        return await client.get_schedule_handle(id_).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def _shape(schedule: Schedule, client: Client) -> tuple[Any, ...]:
    """The parts of a schedule that a sync sets, in a comparable form."""
    action = schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    said = [x for x in action.args if not isinstance(x, RoundOrder)]
    orders = [x for x in action.args if isinstance(x, RoundOrder)]
    if said:
        orders += await client.data_converter.decode(said, [RoundOrder])
    spec, policy = schedule.spec, schedule.policy
    calendars = [(tuple(x.minute), tuple(x.hour), tuple(x.day_of_month), tuple(x.month)) for x in spec.calendars]
    return (
        (action.workflow, action.id, action.task_queue, orders),
        (calendars, spec.time_zone_name, len(spec.intervals), len(spec.skip)),
        (policy.overlap, policy.catchup_window),
    )


def _possible() -> set[str]:
    """All possible ids of duties in the texts, because the server's list may be stale."""
    texts = packaged_statutes().values()
    return {schedule_id(place_of(text.id), duty.id) for text in texts for duty in text.duties or ()}


async def _listed(client: Client) -> set[str]:
    return {found.id async for found in await client.list_schedules() if found.id.startswith(PREFIX)}


@dataclass(frozen=True)
class State:
    """A duty and its schedule on the server; ``next_at``: the beginning of the next period, None without a schedule."""

    wanted: WantedSchedule
    there: bool
    paused: bool
    next_at: datetime | None


async def states(client: Client, departments: Departments, policy: Policy) -> list[State]:
    """Every duty that needs a schedule, with the schedule on the server."""
    found = []
    for id_, wanted in wanted_schedules(departments, policy).items():
        there = await described(client, id_)
        coming = there.info.next_action_times if there else ()
        paused = there is not None and there.schedule.state.paused
        found.append(State(wanted, there is not None, paused, min(coming, default=None)))
    return found
