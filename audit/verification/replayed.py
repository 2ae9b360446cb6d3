"""What a case is heard to ask and to record while it is run again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from temporalio.worker import (
    ContinueAsNewInput,
    ExecuteWorkflowInput,
    Interceptor,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from domain.engine.records import NumberedEvent, Step, StepResult
from domain.evidence import numbered
from protocol.messages import CaseOpening
from protocol.names import RECORD_STEP


@dataclass
class Replayed:
    """What a case did while it was run again: each step that it recorded with the ledger's answer, and its end.

    ``left`` is what its latest run asked to leave to the next; None where it asked for none.
    """

    steps: list[tuple[Step, StepResult]] = field(default_factory=list)
    ended: bool = False
    left: CaseOpening | None = None

    def events(self) -> list[NumberedEvent]:
        """The events that the ledger must hold, by number, each once."""
        found: dict[int, NumberedEvent] = {}
        for step, result in self.steps:
            there: Sequence[NumberedEvent] = result.events
            if result.applied and not there:
                there = numbered(step.events, step.head, step.statute, step.key, result.dues)
            for event in there:
                found.setdefault(event.seq, event)
        return [found[seq] for seq in sorted(found)]


class LedgerListener(Interceptor):
    """Hears what a replayed case asks of its ledger."""

    def __init__(self, replayed: Replayed) -> None:
        self._replayed = replayed

    def workflow_interceptor_class(self, _: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        replayed = self._replayed

        class Outbound(WorkflowOutboundInterceptor):
            def start_local_activity(self, input: StartLocalActivityInput) -> ActivityHandle[Any]:
                return _heard(replayed, input, self.next.start_local_activity(input))

            def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
                return _heard(replayed, input, self.next.start_activity(input))

            def continue_as_new(self, input: ContinueAsNewInput) -> NoReturn:
                (replayed.left,) = input.args
                self.next.continue_as_new(input)

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                self.next.init(Outbound(outbound))

            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
                result = await self.next.execute_workflow(input)
                replayed.ended = True
                return result

        return Inbound


def _heard(
    replayed: Replayed, asked: StartLocalActivityInput | StartActivityInput, handle: ActivityHandle[Any]
) -> ActivityHandle[Any]:
    if asked.activity == RECORD_STEP:
        (step,) = asked.args

        def answered(task: asyncio.Task[Any]) -> None:
            if not task.cancelled() and task.exception() is None:
                replayed.steps.append((step, task.result()))

        handle.add_done_callback(answered)
    return handle
