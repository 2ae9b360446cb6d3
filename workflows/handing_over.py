"""Continue-as-new: what one run of a case's workflow hands to the next. :mod:`workflows.this_run` says when."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.engine.snapshot import take_snapshot
    from protocol.messages import Snapshot
    from workflows.follow_ups import FollowUps
    from workflows.recording import Recorder
    from workflows.recounting import Recounts
    from workflows.this_run import ThisRun


async def hand_over(this_run: ThisRun, recorder: Recorder, follow_ups: FollowUps, recounts: Recounts) -> None:
    """Continue as new with all that is left to do. Returns only if nothing is left because the case is closed.

    From now on commands are rejected as busy; those already accepted are answered by this run first.
    """
    this_run.leaving = True
    await workflow.wait_condition(lambda: workflow.all_handlers_finished() and recorder.idle and follow_ups.idle)
    if recorder.case.closed and not follow_ups.left:
        this_run.leaving = False
        return
    left = Snapshot(
        state=take_snapshot(recorder.case),
        prev=recorder.prev,
        algorithm=recorder.algorithm,
        keys=_keys_of_this_run(recorder),
        news=recounts.news,
        to_open=follow_ups.left,
        nudged=recorder.nudged,
    )
    workflow.continue_as_new(recorder.opening.model_copy(update={"snapshot": left}))


def _keys_of_this_run(recorder: Recorder) -> dict[str, str]:
    """The keys that arrived since the last hand-over; older ones are found in the ledger."""
    handed_over = recorder.opening.snapshot
    before = handed_over.keys if handed_over else {}
    return {name: key for name, key in recorder.keys.items() if before.get(name) != key}
