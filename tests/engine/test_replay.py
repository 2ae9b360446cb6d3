"""Golden histories: what older versions decided, this version decides again, event by event."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import NondeterminismError

from domain.statutes.loader import packaged_statutes
from domain.words import ProcedureName
from protocol.payloads import data_converter
from tests.engine.changed_workflow import OneStepMore
from tests.engine.make_histories import FOLDER, HANDED_OVER, PARKED, PLAYED, learn_rule_texts
from worker.building import PASSED_THROUGH, sandbox
from workflows.case import CaseWorkflow
from workflows.handler_guard import HandlerGuard

HISTORIES = sorted(FOLDER.glob("*.json"))
learn_rule_texts()


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(f"share-request/{path.stem}", path.read_text("utf-8"))


def replayer(workflows: Sequence[type] = (CaseWorkflow,), runner: WorkflowRunner | None = None) -> Replayer:
    """As the worker runs them: the same converter, interceptors and sandbox."""
    return Replayer(
        workflows=workflows,
        data_converter=data_converter,
        interceptors=[HandlerGuard()],
        workflow_runner=runner or sandbox(),
    )


def sandbox_for_tests() -> WorkflowRunner:
    """The same, for a workflow that stands in a test module: pytest alone knows where those are."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH, "workflows", "tests")
    )


@pytest.mark.parametrize("path", HISTORIES, ids=[path.stem for path in HISTORIES])
async def test_a_golden_history_replays(path: Path) -> None:
    assert (await replayer().replay_workflow(history(path))).replay_failure is None


@pytest.mark.parametrize("path", HISTORIES, ids=[path.stem for path in HISTORIES])
async def test_a_changed_workflow_is_found_out(path: Path) -> None:
    await replayer([CaseWorkflow], sandbox_for_tests()).replay_workflow(history(path))
    with pytest.raises(NondeterminismError):
        await replayer([OneStepMore], sandbox_for_tests()).replay_workflow(history(path))


def test_every_statute_and_every_kind_of_step_has_a_history() -> None:
    there = {path.stem for path in HISTORIES}
    assert {*(name.replace("/", ".") for name in PLAYED), PARKED, *HANDED_OVER} <= there
    assert {*ProcedureName} - {ProcedureName.SHARE_REQUEST} <= {name.partition(".")[0] for name in there}
    statutes = {statute.partition("+")[0] for statute in packaged_statutes()}
    assert statutes <= {name.partition(".")[0] for name in there}
    kinds = {
        path.stem: {event["eventType"] for event in json.loads(path.read_text("utf-8"))["events"]} for path in HISTORIES
    }
    for name, found in kinds.items():
        ends = "CONTINUED_AS_NEW" if name == HANDED_OVER[0] else "COMPLETED"
        assert f"EVENT_TYPE_WORKFLOW_EXECUTION_{ends}" in found, f"{name} is not the history of a finished run"
    assert "EVENT_TYPE_ACTIVITY_TASK_COMPLETED" in kinds[PARKED]
    seen = set.union(*kinds.values())
    assert {"EVENT_TYPE_TIMER_FIRED", "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED", "EVENT_TYPE_MARKER_RECORDED"} <= seen
    told = {path.stem: path.read_text("utf-8") for path in HISTORIES if "calendar_published" in path.read_text("utf-8")}
    assert any("spring-festival" in name for name in told)


def test_one_run_hands_over_what_the_next_takes_over() -> None:
    first, second = (json.loads((FOLDER / f"{name}.json").read_text("utf-8"))["events"] for name in HANDED_OVER)
    left = first[-1]["workflowExecutionContinuedAsNewEventAttributes"]
    begun = second[0]["workflowExecutionStartedEventAttributes"]
    assert (left["newExecutionRunId"], left["input"]) == (begun["originalExecutionRunId"], begun["input"])
    assert (
        begun["continuedExecutionRunId"]
        == first[0]["workflowExecutionStartedEventAttributes"]["originalExecutionRunId"]
    )
    assert "EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED" in {event["eventType"] for event in second}
