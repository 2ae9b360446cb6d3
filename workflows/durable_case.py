"""The durable half of a case: what every procedure needs so that nothing is lost and nothing happens twice.

A procedure decides by the pure rules of ``domain``. Here its decisions become steps (:mod:`workflows.recorded_case`).
Time wakes the case at the next instant that matters; people's commands come as updates; a refusal leaves no trace.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from domain.calendar import CHINA
    from domain.engine.case import Case
    from domain.engine.commands import Command
    from domain.engine.deadlines import order_again
    from domain.engine.decision import Refused
    from domain.engine.records import Clock, Event
    from domain.engine.snapshot import restore_snapshot, take_snapshot
    from domain.engine.timers import next_instant, recounted
    from domain.procedures.assignees import platform_acts
    from domain.procedures.registry import advance, decide
    from domain.words import ClockState
    from protocol.errors import KEY_REUSED
    from protocol.messages import Answer, CalendarNews, CaseOpening, CaseView, FilingKey, Recount, Snapshot, caller_key
    from protocol.names import RECOUNT_CLOCKS
    from workflows.labels import wait_summary
    from workflows.other_cases import OtherCases
    from workflows.recorded_case import CALENDAR_TORN, CALENDAR_UNAVAILABLE, PATIENT, QUICK
    from workflows.this_run import HandingOver
    from workflows.waits import CALENDAR, LEDGER, OTHER_CASE, answered

LONGEST_TIMER = timedelta(days=36_500)
"""The server counts a timer in nanoseconds up to the year 2262; a case asks again when one has ended."""


class DurableCase(OtherCases):
    """A case that survives crashes: recorded steps, one timer, updates, signals and queries. Procedures inherit it."""

    def __init__(self, entry: CaseOpening, case: Case) -> None:
        carried = entry.snapshot
        super().__init__(entry, restore_snapshot(case, carried.state) if carried else case)
        self._news: list[CalendarNews] = list(carried.news) if carried else []
        self._nudged = carried.nudged if carried else False
        self._refusal: Refused | None = None
        if carried is not None:
            self._keys = dict(carried.keys)
            self._to_open = list(carried.to_open)
            self._next = next_instant(self.case)

    # Beginning and end of a run

    async def take_up(self, rules: Callable[[], Sequence[Event]]) -> None:
        """The gate, then the first stage; a run that takes over begins where the last one stood.

        Raises ApplicationError with the refusal when the rules say no: whoever waits for the filing is told the same.
        """
        if self.entry.snapshot is not None:
            self._show()
            return
        try:
            events = rules()
        except Refused as refusal:
            self._refusal = refusal
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise self.refused(refusal) from None
        while not await self.record(events, key=self.entry.key):
            if self.case.filed:
                return

    async def hand_over(self) -> None:
        """Let the next run take over with all that is left to do; back only when nothing is, for the case has ended.

        Commands are refused as busy from now on. Those that were taken before are answered by this run.
        """
        self.this_run.leaving = True
        await workflow.wait_condition(
            lambda: workflow.all_handlers_finished() and not self._recording and self._nothing_is_opening
        )
        if self.case.closed and not self._to_open:
            self.this_run.leaving = False
            return
        carried = Snapshot(
            state=take_snapshot(self.case),
            keys=self._keys_of_this_run(),
            news=self._news,
            to_open=self._to_open,
            nudged=self._nudged,
        )
        workflow.continue_as_new(self.entry.model_copy(update={"snapshot": carried}))

    def _keys_of_this_run(self) -> dict[str, str]:
        """The keys that came since the last hand-over: an older one is known to the ledger."""
        before = self.entry.snapshot.keys if self.entry.snapshot else {}
        return {name: key for name, key in self._keys.items() if before.get(name) != key}

    async def end(self) -> CaseView:
        """Open what follows, let every caller have their answer, and tell how it ended."""
        while self._to_open or not workflow.all_handlers_finished():
            if self._to_open and self.this_run.should_continue_as_new:
                await self.hand_over()
            await self.open_what_follows()
            await workflow.wait_condition(workflow.all_handlers_finished)
        return self.view()

    # Time

    async def wait_in_stage(self, what: str) -> None:
        """Wait in the present stage until people or time have moved the case on to another."""
        stage = self.case.stage
        while self.case.stage is stage and not self.case.closed:
            if self._recording:
                await workflow.wait_condition(lambda: not self._recording)
            elif self.this_run.should_continue_as_new:
                await self.hand_over()
            elif self._to_open and self._nothing_is_opening:
                self.begin_opening()
            elif self._news:
                if await self._recount(self._news[0]):
                    self._news.pop(0)
            elif self._nudged:
                self._nudged = False
                await self.record([], key=None)
            else:
                await self._sleep(what)

    async def act(self, alone: Callable[[], Awaitable[None]]) -> None:
        """Do in the present stage what waits for nobody; what this run does not come to is the next one's."""
        try:
            await alone()
        except HandingOver:
            await self.hand_over()

    async def _sleep(self, what: str) -> None:
        """Until the next instant that matters, a change of that instant, or a signal."""
        instant = self._next
        stage = self.case.stage

        def woken() -> bool:
            to_open = bool(self._to_open) and self._nothing_is_opening
            something = self._news or self._nudged or to_open or self.this_run.should_continue_as_new or self._recording
            return bool(something) or self._next != instant or self.case.stage is not stage

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

    async def _recount(self, news: CalendarNews) -> bool:
        """Supersede the clocks that a notice changes. False: this run has grown long first; the next is to do it."""
        at = self.received(news.published_at)
        await self.pass_time(at)  # a limit that ended before the notice stays ended
        running = [c for c in self.case.clocks.values() if c.state is ClockState.RUNNING]
        if not running:
            return True
        fresh = await self._counted_again(
            Recount(
                orders=[order_again(clock) for clock in running],
                known_on=None if self.entry.all_editions else at.date(),
                close_of_business=self.case.policy.close_of_business,
            )
        )
        if fresh is None:
            return False
        while True:
            at = self.received(news.published_at)  # a command may have been recorded meanwhile
            events = recounted(self.case, {c.number: c for c in fresh}, f"calendar:{news.edition}", at)
            if not events or await self.record(events, key=None):
                return True

    async def _counted_again(self, recount: Recount) -> list[Clock] | None:
        """Quickly; patiently when the database does not answer; and when the calendar is torn, once it is mended.

        None when this run has grown long meanwhile.
        """
        try:
            quick: list[Clock] = await workflow.execute_local_activity(
                RECOUNT_CLOCKS,
                recount,
                result_type=list[Clock],
                start_to_close_timeout=timedelta(seconds=5),
                schedule_to_close_timeout=timedelta(seconds=7),
                retry_policy=QUICK,
            )
            return quick
        except FailureError as error:
            wait, torn = self.waits.begin(CALENDAR), not _may_answer_later(error)
            wait.park(CALENDAR_UNAVAILABLE)
        while not torn or await wait.retried(lambda: self.this_run.should_continue_as_new):
            asked = workflow.start_activity(
                RECOUNT_CLOCKS,
                recount,
                result_type=list[Clock],
                start_to_close_timeout=timedelta(seconds=30),
                schedule_to_close_timeout=timedelta(hours=1),
                retry_policy=PATIENT,
                summary="count the running limits again when the ledger answers",
            )
            if not await answered(asked, lambda: self.this_run.should_continue_as_new):
                return None
            try:
                fresh: list[Clock] = await asked
            except ActivityError as error:
                torn = not _may_answer_later(error)
                continue
            wait.over()
            return fresh
        return None

    # Updates: people's decisions

    @workflow.update(name="filed")
    async def filed(self, meant: FilingKey | None = None) -> CaseView:  # noqa: ARG002 - the validator looks at it
        """Answer once the filing stands in the ledger, or with why the rules refuse it."""
        self.this_run.updates += 1
        await workflow.wait_condition(lambda: self.case.filed or self._refusal is not None)
        if self._refusal is not None:
            raise self.refused(self._refusal)
        return self.view()

    @filed.validator
    def may_be_told(self, meant: FilingKey | None = None) -> None:
        """Not to somebody who means another filing: one key was used twice at once. Older histories name none."""
        if meant is not None and (meant.key, meant.digest) != (self.entry.key, self.entry.digest):
            raise ApplicationError("the key files another request", type=KEY_REUSED, non_retryable=True)

    @workflow.update(name="command")
    async def command(self, command: Command) -> Answer:
        """Carry out one command: it is in the ledger when this answers."""
        self.this_run.updates += 1
        if self._given_before(command):
            written = await self.decide(lambda: [], command.key)
        else:
            await self.load_context(command)
            at = self.received(command.received_at)
            written = await self.decide(lambda: self.decided(command, at), command.key)
        return Answer(head=written[-1].seq, events=[event.type.value for event in written], case=self.view())

    def _given_before(self, command: Command) -> bool:
        """Whether this very command was recorded: by an earlier run, for within one Temporal knows it by its id."""
        return self._keys.get(caller_key(command.key)) == command.key

    async def load_context(self, command: Command) -> None:
        """Find out what a command must know of other cases. Most need nothing."""

    def decided(self, command: Command, at: datetime) -> list[Event]:
        """What the rules make of a command that was let in."""
        return decide(self.case, command, at, taken=True)

    @command.validator
    def may_command(self, command: Command) -> None:
        """May this be done now? A no leaves no history."""
        self.ready()
        self.first_use(command.key)
        if self._given_before(command):
            return
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

    @workflow.signal(name="sync_from_ledger")
    def sync_from_ledger(self) -> None:
        """Take over what the ledger holds beyond this case's knowledge (after a lost answer)."""
        self._nudged = True

    @workflow.signal(name="retry_step")
    def retry_step(self, reason: str | None = None) -> None:
        """An operator has mended what the case was waiting for: all of it, or what it was stuck on for this reason."""
        self.waits.retry(reason)

    @workflow.update(name="catch_up")
    async def catch_up(self, until: datetime) -> CaseView:
        """Let time alone do what it has to do until then, without waiting out the timer's grace."""
        self.this_run.updates += 1
        await self.pass_time(min(until.astimezone(CHINA), self.now()))
        await workflow.wait_condition(
            lambda: (
                not platform_acts(self.case.stage)
                or self.waits.hold(LEDGER, OTHER_CASE)
                or self.this_run.should_continue_as_new
            )
        )
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
