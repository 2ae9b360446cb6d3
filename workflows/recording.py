"""Recording: a step is written to the ledger first; only then does the case change and does the caller get an answer.

A step is tried quickly, as a local activity within the workflow task. If the ledger does not answer, it is retried
patiently as a normal activity, and the case is shown as stuck.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from domain.calendar import CHINA
    from domain.engine.case import Case
    from domain.engine.decision import Decision
    from domain.engine.evolve import evolve_all
    from domain.engine.records import Event, NumberedEvent, Step, StepResult
    from domain.engine.timers import Instant, next_instant
    from domain.evidence import numbered
    from domain.words import Role
    from procedures.assignees import narrowed, waited_for
    from procedures.registry import by_itself
    from protocol.errors import LEDGER_CONFLICT
    from protocol.messages import CaseOpening, caller_key
    from protocol.names import RECORD_STEP
    from workflows import instants
    from workflows.refusals import key_reused
    from workflows.retries import failed_of, tried_patiently, tried_quickly
    from workflows.waits import LEDGER, LEDGER_UNAVAILABLE, Waits

Write = Callable[[Step], Awaitable[StepResult]]
"""Writes a step to the ledger, however long that takes."""


class LedgerWriter:
    """Writes steps: quickly if the ledger answers, otherwise patiently while the case is shown as stuck."""

    def __init__(self, waits: Waits) -> None:
        self._waits = waits

    async def __call__(self, step: Step) -> StepResult:
        """Write one step; returns only when it is in the ledger, or the ledger was ahead of the case."""
        try:
            return await tried_quickly(RECORD_STEP, step, StepResult)
        except FailureError as error:
            wait = self._waits.begin(LEDGER)
            wait.park(_why(error))
        while True:
            try:
                written = await tried_patiently(
                    RECORD_STEP, step, StepResult, "write to the ledger when it answers again"
                )
            except ActivityError as error:
                wait.park(_why(error))
                if wait.reason == LEDGER_CONFLICT:
                    await wait.retried()
                continue
            wait.over()
            return written


@dataclass(frozen=True)
class Written:
    """The result of a step: whether its events are in the ledger, and the events that the ledger returned.

    ``now``: this call wrote them. ``key_reused``: nothing was written, because the key was used for something else.
    """

    applied: bool
    events: Sequence[NumberedEvent]
    now: bool = False
    key_reused: bool = False


class Recorder:
    """The state of one case, kept in step with the ledger: never ahead of it, and never behind it for long.

    ``prev`` is the digest of the last event, ``algorithm`` how digests are computed (None: not known).
    ``keys``: the callers' keys seen so far, each with the full key of its command.
    ``nudged``: a signal said that the ledger may have newer events.
    ``noted`` is called with the events that were recorded, ``changed`` whenever the case may have changed.
    """

    def __init__(
        self,
        opening: CaseOpening,
        case: Case,
        write: Write,
        noted: Callable[[Sequence[NumberedEvent]], None],
        changed: Callable[[], None],
    ) -> None:
        handed_over = opening.snapshot
        self.opening = opening
        self.case = case
        self.next: Instant | None = next_instant(case)
        self.keys: dict[str, str] = dict(handed_over.keys) if handed_over else {}
        self.nudged = handed_over.nudged if handed_over else False
        self.prev = handed_over.prev if handed_over else None
        self.algorithm = handed_over.algorithm if handed_over else None
        self._write = write
        self._noted = noted
        self._changed = changed
        self._under_way = 0

    @property
    def idle(self) -> bool:
        """Whether no step is being recorded."""
        return not self._under_way

    async def until_idle(self) -> None:
        """Wait until no step is being recorded."""
        await workflow.wait_condition(lambda: self.idle)

    def received(self, at: datetime | None) -> datetime:
        """When something was received: as the door says, but never after now nor before what is recorded."""
        return instants.received(self.opening, self.case, at)

    async def decide(self, rules: Callable[[], Sequence[Event]], key: str) -> tuple[Sequence[NumberedEvent], bool]:
        """Record what the rules decide; decide again if the ledger was ahead.

        Returns the events of this key, and whether this call wrote them. Raises Refused, and ApplicationError if the
        key was used for another command.
        """
        while True:
            written = await self.step(rules(), key)
            if written.key_reused:
                raise key_reused("the key gave another command")
            if written.applied:
                # After a lost answer the result may also have newer events of others.
                return [event for event in written.events if event.key == key], written.now

    async def record(self, events: Sequence[Event], key: str | None = None) -> bool:
        """Record events as one step. False: the ledger was ahead; the case now has its events."""
        return (await self.step(events, key)).applied

    async def carry_out(self, rule: Callable[[Decision[Any]], None]) -> None:
        """Record what a rule of the platform does, once: a rule that finds its work done notes nothing."""
        while True:
            await self.until_idle()
            events = by_itself(self.case, self.received(None), rule)
            if not events or await self.record(events):
                return

    async def sync(self) -> None:
        """Take over events of the ledger that the case does not know yet."""
        self.nudged = False
        await self.record([])

    async def step(self, events: Sequence[Event], key: str | None) -> Written:
        """Write one step and bring the case to the state of the ledger."""
        at = events[-1].at if events else instants.now(self.opening)
        head = self.case.head
        step = Step(
            request_id=self.opening.request_id,
            statute=self.case.statute.id,
            head=head,
            prev=self.prev,
            algorithm=self.algorithm,
            events=list(events),
            key=key,
            known_on=None if self.opening.all_editions else at.astimezone(CHINA).date(),
            close_of_business=self.case.policy.close_of_business,
            header=header(self.opening, self.case, workflow.info().workflow_id) if head == 0 else None,
            awaits=self._awaits(events) if events else None,
        )
        self._under_way += 1
        try:
            result = await self._write(step)
            there: Sequence[NumberedEvent] = result.events
            if result.applied and not there:
                there = numbered(events, head, step.statute, key, result.dues)
            self._take_over(there, result)
        finally:
            self._under_way -= 1
        self._changed()
        now = result.applied and bool(events) and not result.events
        return Written(result.applied, there, now, result.key_reused)

    def _awaits(self, events: Sequence[Event]) -> tuple[Role, ...] | None:
        """Whose move it is after these events, where the stage alone does not say so.

        The case is folded over events without deadlines: whose move it is does not depend on when a limit ends.
        """
        if len(waited_for(events[-1].stage, self.case.statute)) < 2:
            return None
        return narrowed(evolve_all(self.case, events))

    def _take_over(self, there: Sequence[NumberedEvent], result: StepResult) -> None:
        """Evolve the case by these events of the ledger."""
        # A command and a recount may overlap; each then also gets the events that the other recorded.
        fresh = [event for event in there if event.seq > self.case.head]
        for clock in (event.clock for event in fresh if event.clock is not None):
            clock.in_little_room()
        self.case = evolve_all(self.case, fresh)
        self.next = next_instant(self.case)
        if result.head == self.case.head:
            self.prev = result.digest
        self.algorithm = result.algorithm or self.algorithm
        self._noted(fresh)
        self.keys.update((caller_key(event.key), event.key) for event in there if event.key)


def header(opening: CaseOpening, case: Case, workflow_id: str) -> dict[str, Any]:
    """The row that the ledger keeps of a case beside its events."""
    requester, provider, resource = case.requester, case.provider, case.resource
    return {
        "procedure": case.procedure.value,
        "statute": opening.statute,
        "statute_digest": opening.statute_digest,
        "policy_digest": opening.policy_digest,
        "application": case.application.model_dump(mode="json", exclude_none=True),
        "filed_at": opening.filed_at,
        "requester_code": requester.code,
        "requester_name": requester.name,
        "provider_code": provider.code,
        "provider_name": provider.name,
        "resource_code": resource.code or "",
        "resource_name": resource.name or "",
        "sharing_class": resource.sharing_class,
        "filing_key": opening.key,
        "filing_digest": opening.digest,
        "workflow_id": workflow_id,
        "opened_by": opening.opened_by,
        "superior": case.superior,
    }


def _why(error: FailureError) -> str:
    return LEDGER_CONFLICT if failed_of(error, LEDGER_CONFLICT) else LEDGER_UNAVAILABLE
