"""Follow-ups in other cases: those that this case's events open (转立新事项), and those that they tell something.

They run beside everything else: a case that cannot be opened yet delays only the end of this one.
"""

import asyncio
from collections.abc import Sequence

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.engine.records import NumberedEvent
    from domain.words import CommandName, EventType, ProcedureName
    from protocol.messages import CaseOpening, CaseToOpen
    from workflows.correspondence import Correspondence
    from workflows.this_run import HandingOver, ThisRun


class FollowUps:
    """The events whose follow-up is still to be done, in order; ``left`` is handed to the next run."""

    def __init__(self, opening: CaseOpening, others: Correspondence, this_run: ThisRun) -> None:
        self.left: list[NumberedEvent] = list(opening.snapshot.to_open) if opening.snapshot else []
        self._opening = opening
        self._others = others
        self._this_run = this_run
        self._under_way: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether no follow-up is in progress."""
        return self._under_way is None or self._under_way.done()

    @property
    def waiting(self) -> bool:
        """Whether follow-ups are left and none is in progress."""
        return bool(self.left) and self.idle

    def noted(self, events: Sequence[NumberedEvent]) -> None:
        """Queue the follow-ups of events that were recorded."""
        self.left += [event for event in events if event.type in (EventType.CASE_OPENED, EventType.CASE_TOLD)]

    def begin(self) -> None:
        """Start on what is left, in the background."""
        if self.idle:
            self._under_way = asyncio.create_task(self._in_order())

    async def finish(self) -> None:
        """Do what is left and wait for it, or until this run should hand over."""
        while self.left and not self._this_run.should_continue_as_new:
            self.begin()
            await workflow.wait_condition(lambda: self.idle)

    async def _in_order(self) -> None:
        while self.left:
            try:
                await self._do(self.left[0])
            except HandingOver:
                return
            self.left.pop(0)

    async def _do(self, event: NumberedEvent) -> None:
        said = event.data
        if event.type is EventType.CASE_TOLD:
            # A refusal is ignored: the other case may have ended or moved on.
            name, fields = CommandName(said["command"]), dict(said["fields"])
            await self._others.tell(said["request_id"], name, fields, event.actor, event)
        else:
            await self._others.open(self._order(event))

    def _order(self, event: NumberedEvent) -> CaseToOpen:
        opening = self._opening
        return CaseToOpen(
            procedure=ProcedureName(event.data["procedure"]),
            request_id=event.data["request_id"],
            application=event.data["application"],
            opened_by=opening.request_id,
            statute=opening.statute,
            statute_digest=opening.statute_digest,
            policy_digest=opening.policy_digest,
            at=event.at,
            all_editions=opening.all_editions,
        )
