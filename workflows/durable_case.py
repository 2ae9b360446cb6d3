"""The durable half of a case: what every procedure needs so that nothing is lost and nothing happens twice.

A procedure decides by the pure rules of ``domain``. Here its decisions become steps: one step at a time,
recorded in the ledger before anybody is told, and only then part of the case. Time wakes the case at the next
instant that matters; a refusal leaves no trace.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from domain.calendar import CHINA
    from domain.cases.case import Case
    from domain.cases.deadlines import order_again
    from domain.cases.evolve import evolve_all
    from domain.cases.passing_of_time import Instant, advance, next_instant, recounted
    from domain.cases.records import Clock, Event, RecordedEvent, Step, StepResult
    from domain.cases.turn import Refused
    from domain.side_effects import (
        KEY_REUSED,
        LEDGER_CONFLICT,
        RECORD_STEP,
        RECOUNT_CLOCKS,
        STALE,
        CalendarNews,
        CaseView,
        Filing,
        Recount,
        RefusalNote,
        caller_key,
    )
    from domain.words import ClockState
    from workflows.labels import case_details, search_attributes, wait_summary

QUICK = RetryPolicy(initial_interval=timedelta(milliseconds=100), maximum_attempts=4)
CALENDAR_TORN = "CalendarError"
"""The error type of a calendar that cannot count: no retry will help, an operator must look."""
PATIENT = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(seconds=15),
    non_retryable_error_types=[LEDGER_CONFLICT, CALENDAR_TORN],
)
LEDGER_UNAVAILABLE = "ledger_unavailable"
CALENDAR_UNAVAILABLE = "calendar_unavailable"
"""Why a case is stuck, besides LEDGER_CONFLICT: what operators find in the search attribute StuckReason."""
BUSY = "busy"
"""A step of this case is being recorded: ask again in a moment. Nothing was refused and nothing done."""


class DurableCase:
    """A case that survives crashes: recorded steps, one timer, signals and queries. Procedures inherit it."""

    def __init__(self, filing: Filing) -> None:
        self.filing = filing
        self.case = Case(filing.request_id, filing.statute, filing.policy, filing.application)
        self.stuck: str | None = None
        self._next: Instant | None = None
        self._recording = False
        self._keys: dict[str, str] = {}
        self._shown: dict[str, Any] = {}
        self._news: list[CalendarNews] = []
        self._nudged = False
        self._retry = False

    # Time

    def now(self) -> datetime:
        """The instant of this case, in Asia/Shanghai."""
        return (workflow.now() + self.filing.shift).astimezone(CHINA)

    def received(self, at: datetime | None) -> datetime:
        """When something was received: as the door says, but never after now nor before what is recorded."""
        now = self.now()
        instant = min(at.astimezone(CHINA), now) if at is not None else now
        return max(instant, self.case.last_at) if self.case.last_at is not None else instant

    async def people_or_time(self, what: str) -> None:
        """Wait in the present stage until people or time have moved the case on to another."""
        stage = self.case.stage
        while self.case.stage is stage and not self.case.closed:
            if self._recording:
                await workflow.wait_condition(lambda: not self._recording)
            elif self._news:
                await self._recount(self._news.pop(0))
            elif self._nudged:
                self._nudged = False
                await self.record([], key=None)
            else:
                await self._sleep(what)

    async def _sleep(self, what: str) -> None:
        """Until the next instant that matters, a change of that instant, or a signal."""
        instant = self._next
        stage = self.case.stage

        def woken() -> bool:
            something = self._news or self._nudged
            return bool(something) or self._recording or self._next != instant or self.case.stage is not stage

        if instant is None:
            await workflow.wait_condition(woken)
            return
        # A command received inside the limit may still be on its way: the timer lets it arrive.
        wake_at = instant.at + timedelta(seconds=self.case.policy.receipt_grace_seconds)
        try:
            await workflow.wait_condition(
                woken,
                timeout=max(wake_at - self.now(), timedelta(milliseconds=1)),
                timeout_summary=wait_summary(what, self.case, instant),
            )
        except TimeoutError:
            await self.pass_time(instant.at)

    async def pass_time(self, until: datetime) -> None:
        """Record what time alone has done until then."""
        while True:
            while self._recording:
                await workflow.wait_condition(lambda: not self._recording)
            events = advance(self.case, until)[1]
            if not events or await self.record(events, key=None):
                return

    # Recording

    async def decide(self, rules: Callable[[], Sequence[Event]], key: str) -> Sequence[RecordedEvent]:
        """Ask the rules, record what they say, and ask again when somebody was there before.

        Raises ApplicationError with the refusal when the rules say no.
        """
        while True:
            try:
                events = rules()
            except Refused as refusal:
                raise self.refused(refusal) from None
            recorded = await self._record(events, key)
            if recorded.applied:
                # What others wrote since may be there too, when an earlier answer was lost.
                return [event for event in recorded.events if event.key == key]

    async def record(self, events: Sequence[Event], key: str | None) -> bool:
        """Record events as one step. False: the ledger was ahead, and the case has now taken that over."""
        return (await self._record(events, key)).applied

    async def _record(self, events: Sequence[Event], key: str | None) -> StepResult:
        at = events[-1].at if events else self.now()
        step = Step(
            request_id=self.filing.request_id,
            head=self.case.head,
            events=list(events),
            key=key,
            known_on=None if self.filing.all_editions else at.astimezone(CHINA).date(),
            close_of_business=self.case.policy.close_of_business,
            header=self.header() if self.case.head == 0 else None,
        )
        self._recording = True
        try:
            result = await self._write(step)
            # A command may come while a recount is under way, and what one of the two recorded the other finds too.
            self.case = evolve_all(self.case, [event for event in result.events if event.seq > self.case.head])
            self._next = next_instant(self.case)
            self._keys.update((caller_key(event.key), event.key) for event in result.events if event.key)
        finally:
            self._recording = False
        self._show()
        return result

    async def _write(self, step: Step) -> StepResult:
        """Quickly, inside the workflow task; patiently, and visibly stuck, when the ledger does not answer."""
        try:
            written: StepResult = await workflow.execute_local_activity(
                RECORD_STEP,
                step,
                result_type=StepResult,
                start_to_close_timeout=timedelta(seconds=5),
                schedule_to_close_timeout=timedelta(seconds=7),
                retry_policy=QUICK,
            )
            return written
        except FailureError as error:
            # The last failure of a local activity comes bare, not inside an ActivityError.
            self._park(_cause(error))
        while True:
            try:
                written = await workflow.execute_activity(
                    RECORD_STEP,
                    step,
                    result_type=StepResult,
                    start_to_close_timeout=timedelta(seconds=30),
                    schedule_to_close_timeout=timedelta(hours=1),
                    retry_policy=PATIENT,
                    summary="write to the ledger when it answers again",
                )
                self._park(None)
                return written
            except ActivityError as error:
                self._park(_cause(error))
            if self.stuck == LEDGER_CONFLICT:
                await workflow.wait_condition(lambda: self._retry)
            self._retry = False

    def _park(self, reason: str | None) -> None:
        """Say where operators look that the case cannot go on, or that it can again."""
        self.stuck = reason
        self._show()

    def header(self) -> dict[str, Any]:
        """What the ledger keeps of a case beside its events. Procedures say more."""
        raise NotImplementedError

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
                known_on=None if self.filing.all_editions else at.date(),
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

    # What is shown

    def view(self) -> CaseView:
        """The case at a glance."""
        case = self.case
        return CaseView(
            request_id=case.request_id,
            statute=case.statute.id,
            stage=case.stage,
            outcome=case.outcome,
            head=case.head,
            next_at=self._next.at if self._next else None,
            clocks=list(case.clocks.values()),
            stuck=self.stuck,
        )

    def _show(self) -> None:
        """Search attributes, in one event and only when they change, and the page of Temporal's own UI."""
        workflow.set_current_details(case_details(self.case, self.stuck))
        now = search_attributes(self.case, self.stuck)
        changed = [pair for pair in now if self._shown.get(pair.key.name) != pair.value]
        if changed and workflow.info().typed_search_attributes is not None:
            workflow.upsert_search_attributes([pair.key.value_set(pair.value) for pair in changed])
        self._shown = {pair.key.name: pair.value for pair in now}

    def ready(self) -> None:
        """Refuse, without a trace, while a step is being recorded: the caller's client asks again."""
        if self._recording or not self.case.filed:
            raise ApplicationError("a step of this case is being recorded; ask again", type=BUSY)

    def first_use(self, key: str) -> None:
        """Refuse a caller's key that another command of this case has used, also when both come at once."""
        if self._keys.get(caller_key(key), key) != key:
            raise ApplicationError("the key gave another command", type=KEY_REUSED, non_retryable=True)

    def unchanged_since(self, head: int | None) -> None:
        """Refuse a command that was meant for a case whose last event was another. None: whatever it is."""
        if head is not None and head != self.case.head:
            note = RefusalNote(code=STALE, details={"head": self.case.head})
            raise ApplicationError("the case has moved on", note, self.case.head, type=STALE, non_retryable=True)

    def refused(self, refusal: Refused) -> ApplicationError:
        """A refusal as an error that travels: its type is the code, its details the article and the last event known.

        By that event the caller's client sees whether the ledger was ahead of this case when it refused.
        """
        note = RefusalNote(
            code=refusal.code.value,
            article=refusal.article,
            quote=refusal.clause.quote if refusal.clause else None,
            statute=self.filing.statute.id,
            details=dict(refusal.details),
        )
        code = refusal.code.value
        return ApplicationError(code, note, self.case.head, type=code, non_retryable=True)

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
        return self.view()

    @catch_up.validator
    def may_catch_up(self, until: datetime) -> None:  # noqa: ARG002 - a validator takes what its update takes
        """Not while a step is being recorded."""
        self.ready()

    @workflow.query(name="case")
    def case_query(self) -> CaseView:
        """The case as the workflow holds it now."""
        return self.view()


def _cause(error: FailureError) -> str:
    cause = error.cause if isinstance(error, ActivityError) else error
    conflict = isinstance(cause, ApplicationError) and cause.type == LEDGER_CONFLICT
    return LEDGER_CONFLICT if conflict else LEDGER_UNAVAILABLE


def _may_answer_later(error: FailureError) -> bool:
    """Whether a recount failed because its database did not answer, and not because of the calendar."""
    cause = error.cause if isinstance(error, ActivityError) else error
    return not (isinstance(cause, ApplicationError) and cause.type == CALENDAR_TORN)
