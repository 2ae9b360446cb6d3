"""Each run of a case leaves to the next what it leaves when it is run again, and the next begins with just that.

A run that took over knows the case from this message alone: whoever alters it alters what the rules are asked about.
"""

from collections.abc import Sequence

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.client import WorkflowHistory

from audit.verification.results import CheckFailed
from audit.verification.rules import DecidesOtherwise
from domain.engine.snapshot import restore_snapshot
from protocol.messages import CaseOpening, Snapshot
from protocol.opening import case_before
from protocol.payloads import data_converter


def check_first(name: str, history: WorkflowHistory) -> None:
    """Nothing went before the run that is said to be the first. Raises CheckFailed."""
    if _run_before(history):
        raise CheckFailed(f"{name} does not follow from the run before it")


def check_taken_over(name: str, history: WorkflowHistory, by: str, next_run: WorkflowHistory) -> None:
    """The next run follows from this very one, and starts with what it handed over, byte for byte. Raises CheckFailed.

    A run that was reset has another id than it began with, and whatever the run had done that it was put in place of.
    """
    if _run_before(next_run) != _run_of(history):
        raise CheckFailed(f"{by} does not follow from the run before it")
    if not _hands_over(history):
        raise CheckFailed(f"{name} hands over to no other run, and {by} is said to follow from it")
    started = next_run.events[0].workflow_execution_started_event_attributes
    if list(started.input.payloads) != list(_handed_over(history)):
        raise CheckFailed(f"{by} starts with something else than {name} hands over")


def check_left(name: str, history: WorkflowHistory, left: CaseOpening | None) -> None:
    """What a run is said to hand over is what it has left when it was run again. Raises DecidesOtherwise."""
    if _hands_over(history) and (left is None or not _is_said(left, _handed_over(history))):
        raise DecidesOtherwise(f"{name}: run again, the case hands over something else than it is said to")


def _run_before(history: WorkflowHistory) -> str:
    return history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id


def _run_of(history: WorkflowHistory) -> str:
    """The id of a run: that of its last reset, whose history begins with that of the run that it was made of."""
    run_id = history.events[0].workflow_execution_started_event_attributes.original_execution_run_id
    for event in history.events:
        failed = event.workflow_task_failed_event_attributes
        if failed.cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW:
            run_id = failed.new_run_id
    return run_id


def _hands_over(history: WorkflowHistory) -> bool:
    return history.events[-1].HasField("workflow_execution_continued_as_new_event_attributes")


def _handed_over(history: WorkflowHistory) -> Sequence[Payload]:
    return history.events[-1].workflow_execution_continued_as_new_event_attributes.input.payloads


def _is_said(left: CaseOpening, payloads: Sequence[Payload]) -> bool:
    """Whether that is what payloads say. Not by their bytes: no two processes write sets in the same order."""
    converter = data_converter.payload_converter
    written = converter.to_payloads([left])
    if len(payloads) != 1 or payloads[0].metadata != written[0].metadata:
        return False
    try:
        [there], [ours] = (converter.from_payloads(each, [CaseOpening]) for each in (payloads, written))
        return _without_state(there) == _without_state(ours) and _same_case(ours, there.snapshot, ours.snapshot)
    except Exception:  # what was packed is anybody's, and each converter has errors of its own
        return False


def _without_state(opening: CaseOpening) -> CaseOpening:
    snapshot = opening.snapshot
    return opening.model_copy(update={"snapshot": snapshot and snapshot.model_copy(update={"state": {}})})


def _same_case(opening: CaseOpening, there: Snapshot | None, ours: Snapshot | None) -> bool:
    if there is None or ours is None:
        return there is ours
    case = case_before(opening)
    same = restore_snapshot(case, there.state) == restore_snapshot(case, ours.state)
    return same and there.state.keys() == ours.state.keys()
