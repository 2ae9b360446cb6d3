"""A case whose steps are recorded: one step at a time, in the ledger before anybody is told, then part of the case.

Steps go quickly, inside the workflow task; when the ledger does not answer, patiently and visibly stuck.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from domain.calendar import CHINA
    from domain.engine.case import Case
    from domain.engine.decision import Refused
    from domain.engine.evolve import evolve_all
    from domain.engine.records import Event, RecordedEvent, Step, StepResult
    from domain.engine.timers import Instant, next_instant
    from domain.words import EventType
    from protocol.errors import BUSY, KEY_REUSED, LEDGER_CONFLICT, STALE, RefusalNote, refusal_note
    from protocol.messages import CaseOpening, CaseView, caller_key
    from protocol.names import RECORD_STEP
    from protocol.search_attributes import changes, search_attributes
    from workflows.labels import case_details
    from workflows.this_run import ThisRun
    from workflows.waits import LEDGER, Waits

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
OTHER_CASE_UNAVAILABLE = "other_case_unavailable"
"""Why a case is stuck, besides LEDGER_CONFLICT: what operators find in the search attribute StuckReason."""


class RecordedCase:
    """A case that is never further than the ledger, and never behind it for long."""

    def __init__(self, entry: CaseOpening, case: Case) -> None:
        self.entry = entry
        self.case = case
        self.waits = Waits(self._show)
        self.this_run = ThisRun()
        self._next: Instant | None = None
        self._recording = 0
        self._keys: dict[str, str] = {}
        self._to_open: list[RecordedEvent] = []

    # Time

    def now(self) -> datetime:
        """The instant of this case, in Asia/Shanghai."""
        return (workflow.now() + self.entry.shift).astimezone(CHINA)

    def received(self, at: datetime | None) -> datetime:
        """When something was received: as the door says, but never after now nor before what is recorded."""
        now = self.now()
        instant = min(at.astimezone(CHINA), now) if at is not None else now
        return max(instant, self.case.last_at) if self.case.last_at is not None else instant

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
            request_id=self.entry.request_id,
            head=self.case.head,
            events=list(events),
            key=key,
            known_on=None if self.entry.all_editions else at.astimezone(CHINA).date(),
            close_of_business=self.case.policy.close_of_business,
            header=self.header() if self.case.head == 0 else None,
        )
        self._recording += 1
        try:
            result = await self._write(step)
            # A command may come while a recount is under way, and what one of the two recorded the other finds too.
            fresh = [event for event in result.events if event.seq > self.case.head]
            self.case = evolve_all(self.case, fresh)
            self._to_open += [event for event in fresh if event.type in (EventType.CASE_OPENED, EventType.CASE_TOLD)]
            self._next = next_instant(self.case)
            self._keys.update((caller_key(event.key), event.key) for event in result.events if event.key)
        finally:
            self._recording -= 1
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
            wait = self.waits.begin(LEDGER)
            wait.park(_cause(error))
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
            except ActivityError as error:
                wait.park(_cause(error))
                if wait.reason == LEDGER_CONFLICT:
                    await wait.retried()
                continue
            wait.over()
            return written

    def header(self) -> dict[str, Any]:
        """What the ledger keeps of a case beside its events."""
        entry, case = self.entry, self.case
        requester, provider, resource = case.requester, case.provider, case.resource
        return {
            "procedure": case.procedure.value,
            "statute": entry.statute.id,
            "statute_digest": entry.statute_digest,
            "statute_data": entry.statute.model_dump(mode="json", exclude_none=True),
            "policy": entry.policy.model_dump(mode="json"),
            "application": case.application.model_dump(mode="json", exclude_none=True),
            "filed_at": entry.filed_at,
            "requester_code": requester.code,
            "requester_name": requester.name,
            "provider_code": provider.code,
            "provider_name": provider.name,
            "resource_code": resource.code or "",
            "resource_name": resource.name or "",
            "sharing_class": resource.sharing_class,
            "filing_key": entry.key,
            "filing_digest": entry.digest,
            "workflow_id": workflow.info().workflow_id,
            "opened_by": entry.opened_by,
            "superior": case.superior,
        }

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
            stuck=self.waits.reasons,
        )

    def _show(self) -> None:
        """Search attributes, in one event and only when they change, and the page of Temporal's own UI."""
        workflow.set_current_details(case_details(self.case, self.waits.reasons))
        now = search_attributes(self.case, self.waits.reasons)
        changed = changes(workflow.info().typed_search_attributes, now)
        if changed:
            workflow.upsert_search_attributes(changed)

    def ready(self) -> None:
        """Refuse, without a trace, while a step is being recorded or a run hands over: the client asks again."""
        # Not by ``long``: a task that only refuses wakes nobody, and would never come to hand over.
        if self._recording or self.this_run.leaving or not self.case.filed:
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
        note = refusal_note(refusal, self.entry.statute.id)
        code = refusal.code.value
        return ApplicationError(code, note, self.case.head, type=code, non_retryable=True)


def _cause(error: FailureError) -> str:
    cause = error.cause if isinstance(error, ActivityError) else error
    conflict = isinstance(cause, ApplicationError) and cause.type == LEDGER_CONFLICT
    return LEDGER_CONFLICT if conflict else LEDGER_UNAVAILABLE
