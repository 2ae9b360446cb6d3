"""The durable half of a case: what every procedure needs so that nothing is lost and nothing happens twice.

A procedure decides by the pure rules of ``domain``. Here its decisions become steps (:mod:`workflows.recorded_case`).
Time wakes the case at the next instant that matters; people's commands come as updates; a refusal leaves no trace.
"""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from domain.calendar import CHINA
    from domain.cases.commands import Command
    from domain.cases.deadlines import order_again
    from domain.cases.decide import decide
    from domain.cases.holders import platform_acts
    from domain.cases.passing_of_time import advance, recounted
    from domain.cases.proceeding import Proceeding
    from domain.cases.records import Clock, Event
    from domain.cases.turn import Refused
    from domain.side_effects import (
        KEY_REUSED,
        RECOUNT_CLOCKS,
        Answer,
        CalendarNews,
        CaseView,
        Entry,
        FilingKey,
        Recount,
    )
    from domain.words import ClockState
    from workflows.labels import wait_summary
    from workflows.other_cases import OtherCases
    from workflows.recorded_case import CALENDAR_TORN, CALENDAR_UNAVAILABLE, PATIENT, QUICK

LONGEST_TIMER = timedelta(days=36_500)
"""The server counts a timer in nanoseconds up to the year 2262; a case asks again when one has ended."""


class DurableCase(OtherCases):
    """A case that survives crashes: recorded steps, one timer, updates, signals and queries. Procedures inherit it."""

    def __init__(self, entry: Entry, case: Proceeding) -> None:
        super().__init__(entry, case)
        self._news: list[CalendarNews] = []
        self._nudged = False
        self._commands = 0

    # Time

    async def people_or_time(self, what: str) -> None:
        """Wait in the present stage until people or time have moved the case on to another."""
        stage = self.case.stage
        while self.case.stage is stage and not self.case.closed and not self.long:
            if self._recording:
                await workflow.wait_condition(lambda: not self._recording)
            elif self._to_open and self._nothing_is_opening:
                self.begin_opening()
            elif self._news:
                await self._recount(self._news.pop(0))
            elif self._nudged:
                self._nudged = False
                await self.record([], key=None)
            else:
                await self._sleep(what)

    @property
    def long(self) -> bool:
        """Whether this run has grown so long that the next should take over. Only for cases that can hand over."""
        return False

    async def _sleep(self, what: str) -> None:
        """Until the next instant that matters, a change of that instant, or a signal."""
        instant = self._next
        stage = self.case.stage

        def woken() -> bool:
            to_open = bool(self._to_open) and self._nothing_is_opening
            something = self._news or self._nudged or to_open or self.long
            return bool(something) or self._recording or self._next != instant or self.case.stage is not stage

        if instant is None:
            await workflow.wait_condition(woken)
            return
        # A command received inside the limit may still be on its way: the timer lets it arrive.
        left = instant.at - self.now() + timedelta(seconds=self.case.policy.receipt_grace_seconds)
        try:
            await workflow.wait_condition(
                woken,
                timeout=min(max(left, timedelta(milliseconds=1)), LONGEST_TIMER),
                timeout_summary=wait_summary(what, self.case, instant),
            )
        except TimeoutError:
            if left <= LONGEST_TIMER:
                await self.pass_time(instant.at)

    async def pass_time(self, until: datetime) -> None:
        """Record what time alone has done until then."""
        while True:
            while self._recording:
                await workflow.wait_condition(lambda: not self._recording)
            events = advance(self.case, until)[1]
            if not events or await self.record(events, key=None):
                return

    # A new calendar edition

    async def _recount(self, news: CalendarNews) -> None:
        at = self.received(news.published_at)
        await self.pass_time(at)  # a limit that ended before the notice stays ended
        running = [c for c in self.case.clocks.values() if c.state is ClockState.RUNNING]
        if not running:
            return
        fresh = await self._counted_again(
            Recount(
                orders=[order_again(clock) for clock in running],
                known_on=None if self.entry.all_editions else at.date(),
                close_of_business=self.case.policy.close_of_business,
            )
        )
        while True:
            at = self.received(news.published_at)  # a command may have been recorded meanwhile
            events = recounted(self.case, {c.number: c for c in fresh}, f"calendar:{news.edition}", at)
            if not events or await self.record(events, key=None):
                return

    async def _counted_again(self, recount: Recount) -> list[Clock]:
        """Quickly; patiently when the database does not answer; and when the calendar is torn, once it is mended."""
        while True:
            try:
                fresh: list[Clock] = await workflow.execute_local_activity(
                    RECOUNT_CLOCKS,
                    recount,
                    result_type=list[Clock],
                    start_to_close_timeout=timedelta(seconds=5),
                    schedule_to_close_timeout=timedelta(seconds=7),
                    retry_policy=QUICK,
                )
                break
            except FailureError as error:
                self._park(CALENDAR_UNAVAILABLE)
                waited = await self._counted_patiently(recount) if _may_answer_later(error) else None
                if waited is not None:
                    fresh = waited
                    break
                await workflow.wait_condition(lambda: self._retry)
                self._retry = False
        if self.stuck == CALENDAR_UNAVAILABLE:
            self._park(None)
        return fresh

    async def _counted_patiently(self, recount: Recount) -> list[Clock] | None:
        """None: an operator must look. Cases that were parked before this was there wait for one as they did."""
        if not workflow.patched("a recount waits for its database"):
            return None
        try:
            fresh: list[Clock] = await workflow.execute_activity(
                RECOUNT_CLOCKS,
                recount,
                result_type=list[Clock],
                start_to_close_timeout=timedelta(seconds=30),
                schedule_to_close_timeout=timedelta(hours=12),
                retry_policy=PATIENT,
                summary="count the running limits again when the ledger answers",
            )
            return fresh
        except ActivityError:
            return None

    # Updates: people's decisions

    @workflow.update(name="filed")
    async def filed(self, meant: FilingKey | None = None) -> CaseView:  # noqa: ARG002 - the validator looks at it
        """Answer once the filing stands in the ledger."""
        await workflow.wait_condition(lambda: self.case.filed)
        return self.view()

    @filed.validator
    def may_be_told(self, meant: FilingKey | None = None) -> None:
        """Not to somebody who means another filing: one key was used twice at once. Older histories name none."""
        if meant is not None and (meant.key, meant.digest) != (self.entry.key, self.entry.digest):
            raise ApplicationError("the key files another request", type=KEY_REUSED, non_retryable=True)

    @workflow.update(name="command")
    async def command(self, command: Command) -> Answer:
        """Carry out one command: it is in the ledger when this answers."""
        self._commands += 1
        await self.learn(command)
        at = self.received(command.received_at)
        written = await self.decide(lambda: self.decided(command, at), command.key)
        return Answer(head=written[-1].seq, events=[event.type.value for event in written], case=self.view())

    async def learn(self, command: Command) -> None:
        """Find out what a command must know of other cases. Most need nothing."""

    def decided(self, command: Command, at: datetime) -> list[Event]:
        """What the rules make of a command that was let in."""
        return decide(self.case, command, at, taken=True)

    @command.validator
    def may_command(self, command: Command) -> None:
        """May this be done now? A no leaves no history."""
        self.ready()
        self.first_use(command.key)
        self.unchanged_since(command.if_head)
        try:
            decide(self.case, command, self.received(command.received_at))
        except Refused as refusal:
            raise self.refused(refusal) from None
        except ValueError as error:
            raise ApplicationError(str(error), type="invalid_command", non_retryable=True) from None

    # Signals and queries

    @workflow.signal(name="calendar_published")
    def calendar_published(self, news: CalendarNews) -> None:
        """A notice was published: clocks that it changes are superseded."""
        self._news.append(news)

    @workflow.signal(name="look_at_ledger")
    def look_at_ledger(self) -> None:
        """Take over what the ledger holds beyond this case's knowledge (after a lost answer)."""
        self._nudged = True

    @workflow.signal(name="retry_step")
    def retry_step(self) -> None:
        """An operator has mended what a parked step was waiting for."""
        self._retry = True

    @workflow.update(name="catch_up")
    async def catch_up(self, until: datetime) -> CaseView:
        """Let time alone do what it has to do until then, without waiting out the timer's grace."""
        await self.pass_time(min(until.astimezone(CHINA), self.now()))
        await workflow.wait_condition(lambda: not platform_acts(self.case.stage) or self.stuck is not None)
        return self.view()

    @catch_up.validator
    def may_catch_up(self, until: datetime) -> None:  # noqa: ARG002 - a validator takes what its update takes
        """Not while a step is being recorded."""
        self.ready()

    @workflow.query(name="case")
    def case_query(self) -> CaseView:
        """The case as the workflow holds it now."""
        return self.view()


def _may_answer_later(error: FailureError) -> bool:
    """Whether a recount failed because its database did not answer, and not because of the calendar."""
    cause = error.cause if isinstance(error, ActivityError) else error
    return not (isinstance(cause, ApplicationError) and cause.type == CALENDAR_TORN)
