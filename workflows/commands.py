"""Commands: whether one is allowed now, and carrying it out."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.engine.case import Case
    from domain.engine.commands import Command
    from domain.engine.decision import Refused
    from domain.engine.records import Event, NumberedEvent
    from procedures.registry import decide
    from protocol.messages import caller_key
    from workflows.correspondence import Correspondence
    from workflows.errands.errand import Errands
    from workflows.recording import Recorder
    from workflows.refusals import busy, key_reused, refused, stale
    from workflows.this_run import ThisRun


class LetIn(NamedTuple):
    """The decision that the validator made on a command, and the state of the case it was based on."""

    key: str
    at: datetime
    case: Case
    events: Sequence[Event]


class Commands:
    """The commands of one case."""

    def __init__(self, recorder: Recorder, others: Correspondence, errands: Errands, this_run: ThisRun) -> None:
        self._recorder = recorder
        self._others = others
        self._errands = errands
        self._this_run = this_run
        self._let_in: LetIn | None = None

    def may_be_taken(self) -> None:
        """Reject (busy) while a step is being recorded, the run hands over, or the filing is not recorded yet."""
        # A long run is no reason to reject: a task that only rejects wakes nothing, so the run would never hand over.
        if not self._recorder.idle or self._this_run.leaving or not self._recorder.case.filed:
            raise busy()

    def may_be_given(self, command: Command) -> None:
        """Check that a command is allowed now. Raises ApplicationError with the refusal."""
        self.may_be_taken()
        recorder = self._recorder
        if recorder.keys.get(caller_key(command.key), command.key) != command.key:
            # Holds also if both commands come at once.
            raise key_reused("the key gave another command")
        if self._given_before(command):
            return
        if command.if_head is not None and command.if_head != recorder.case.head:
            raise stale(recorder.case)
        at = recorder.received(command.received_at)
        try:
            self._let_in = LetIn(command.key, at, recorder.case, decide(recorder.case, command, at))
        except Refused as refusal:
            raise refused(refusal, recorder.case) from None
        except ValueError as error:
            raise ApplicationError(str(error), type="invalid_command", non_retryable=True) from None

    async def carry_out(self, command: Command) -> tuple[Sequence[NumberedEvent], bool]:
        """Record the events of a command; returns them, and whether this call wrote them (False: an earlier one did).

        Raises ApplicationError with the refusal.
        """
        recorder = self._recorder
        if self._given_before(command):
            return (await recorder.decide(lambda: [], command.key))[0], False
        find = self._errands.of_command.get(command.name)
        found = await find(recorder.case, self._others) if find else None
        at = recorder.received(command.received_at)

        def rules() -> Sequence[Event]:
            events = self._as_let_in(command, at) or decide(recorder.case, command, at, taken=True)
            return found(events) if found else events

        try:
            return await recorder.decide(rules, command.key)
        except Refused as refusal:
            raise refused(refusal, recorder.case) from None

    def _as_let_in(self, command: Command, at: datetime) -> Sequence[Event] | None:
        """The validator's decision, if nothing changed since; None in a replay, where validators do not run."""
        was, self._let_in = self._let_in, None
        same = was is not None and (was.key, was.at) == (command.key, at) and was.case is self._recorder.case
        return was.events if was is not None and same else None

    def _given_before(self, command: Command) -> bool:
        """Whether an earlier run recorded this command; within a run, Temporal recognises the update by its id."""
        return self._recorder.keys.get(caller_key(command.key)) == command.key
