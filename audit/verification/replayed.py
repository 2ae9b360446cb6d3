"""What a case is heard to ask and to record while it is run again."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NoReturn

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ContinueAsNewInput,
    ExecuteWorkflowInput,
    HandleUpdateInput,
    Interceptor,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from domain.engine.case import Case
from domain.engine.commands import Command
from domain.engine.records import Clock, NumberedEvent, Step, StepResult
from domain.evidence import numbered
from protocol.messages import Answer, CaseOpening, Recount
from protocol.names import RECORD_STEP, RECOUNT_CLOCKS

GIVE: Final = "command"
"""The update by which a case is given a command."""


@dataclass(frozen=True)
class HeardStep:
    """A step that a case recorded: what it had decided, what the ledger answered, and the case that decided it.

    ``answered_at`` is the server's time at the answer.
    """

    step: Step
    result: StepResult
    before: Case
    answered_at: datetime


@dataclass(frozen=True)
class HeardRecount:
    """What a case asked of the calendar for an edition, when it had so many events, and what it was answered."""

    head: int
    edition: str
    recount: Recount
    answer: Sequence[Clock]


@dataclass(frozen=True)
class GivenCommand:
    """A command that the history has: it was let in at this time of the server, by this update."""

    command: Command
    taken_at: datetime
    update: str


@dataclass
class Replayed:
    """What a case did while it was run again: each step that it recorded with the ledger's answer, and its end.

    ``begun_at``: when it began, by the server's time. ``given`` are the commands that it took, by key. ``answers`` is
    what its latest run answered to each, by the id of the update, None where it refused; ``otherwise`` tells
    which were answered otherwise then. ``left`` is what that run asked to leave to the next, None where it asked for
    none. ``refused`` are the updates of all runs that the case refused.
    """

    steps: list[HeardStep] = field(default_factory=list)
    recounts: list[HeardRecount] = field(default_factory=list)
    given: dict[str, list[GivenCommand]] = field(default_factory=dict)
    answers: dict[str, Answer | None] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    otherwise: list[str] = field(default_factory=list)
    begun_at: datetime | None = None
    ended: bool = False
    left: CaseOpening | None = None

    def events(self) -> list[NumberedEvent]:
        """The events that the ledger must hold, by number, each once."""
        found: dict[int, NumberedEvent] = {}
        for heard in self.steps:
            for event in heard.result.events or written_by(heard):
                found.setdefault(event.seq, event)
        return [found[seq] for seq in sorted(found)]


def written_by(heard: HeardStep) -> Sequence[NumberedEvent]:
    """The events that a step itself has written, where the ledger told of none."""
    step, result = heard.step, heard.result
    if result.events or not result.applied:
        return ()
    return numbered(step.events, step.head, step.statute, step.key, result.dues)


class LedgerListener(Interceptor):
    """Hears what a replayed case is told by people, what it answers, and what it asks of its ledger."""

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
                replayed.begun_at = replayed.begun_at or workflow.info().workflow_start_time
                result = await self.next.execute_workflow(input)
                replayed.ended = True
                return result

            async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
                if input.update != GIVE:
                    return await self.next.handle_update_handler(input)
                (command,) = input.args
                replayed.given.setdefault(command.key, []).append(GivenCommand(command, workflow.now(), input.id))
                replayed.answers[input.id] = None
                try:
                    replayed.answers[input.id] = answer = await self.next.handle_update_handler(input)
                except ApplicationError:
                    replayed.refused.add(input.id)
                    raise
                return answer

        return Inbound


def _heard(
    replayed: Replayed, asked: StartLocalActivityInput | StartActivityInput, handle: ActivityHandle[Any]
) -> ActivityHandle[Any]:
    hear: Callable[[Any], None]
    case = workflow.instance()
    before: Case = case.recorder.case
    if asked.activity == RECORD_STEP:
        (step,) = asked.args

        def hear(answer: StepResult) -> None:
            replayed.steps.append(HeardStep(step, answer, before, workflow.now()))

    elif asked.activity == RECOUNT_CLOCKS:
        (recount,), edition = asked.args, case.recounts.news[0].edition

        def hear(answer: Sequence[Clock]) -> None:
            replayed.recounts.append(HeardRecount(before.head, edition, recount, answer))

    else:
        return handle

    def answered(task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and task.exception() is None:
            hear(task.result())

    handle.add_done_callback(answered)
    return handle
