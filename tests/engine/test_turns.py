"""Turns of workflows in the event loop's own thread: quick ones there, those that wait elsewhere, endless ones end."""

import asyncio
import threading
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from embedded.simulate.sandbox import Sandbox
from protocol.payloads import data_converter
from tests.engine.make_histories import FOLDER, HANDED_OVER, learn_rule_texts
from workflows.case import CaseWorkflow
from workflows.handler_guard import HandlerGuard
from workflows.turns import watch
from workflows.turns.in_loop import TurnsInLoop
from workflows.turns.watch import DoesNotYield


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch looks so often that a turn is ended within a fifth of a second."""
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.05)


def never(*_: Any) -> bool:
    return False


async def ran(turns: TurnsInLoop, turn: Callable[..., Any], *said: Any) -> Any:
    """What comes of a turn, asked for as the SDK does."""
    return await asyncio.get_running_loop().run_in_executor(turns, turn, *said)


def endless() -> None:
    while True:
        pass


def stubborn(caught: list[str]) -> None:
    while len(caught) < 2:
        try:
            endless()
        except BaseException as error:
            caught.append(type(error).__name__)


async def test_a_turn_runs_in_the_loops_thread_and_one_that_waits_in_another() -> None:
    turns = TurnsInLoop(lambda *said: "wait" in said)

    def where(*_: str) -> int:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return threading.get_ident()

    assert await ran(turns, where) == threading.get_ident()
    assert await ran(turns, where, "wait") != threading.get_ident()
    assert asyncio.current_task() is not None


async def test_a_turn_knows_what_is_set_where_it_is_asked_for_wherever_it_runs() -> None:
    turns, said = TurnsInLoop(lambda *said: "wait" in said), ContextVar("said", default="nothing")
    said.set("something")
    assert [await ran(turns, lambda *_: said.get(), *words) for words in ((), ("wait",))] == ["something"] * 2


async def test_what_a_turn_raises_is_told_to_whoever_waits_for_it() -> None:
    turns = TurnsInLoop(never)
    with pytest.raises(ZeroDivisionError):
        await ran(turns, lambda: 1 // 0)
    assert await ran(turns, threading.get_ident) == threading.get_ident()


@pytest.mark.usefixtures("impatient")
async def test_a_turn_that_does_not_yield_is_ended_and_the_next_ones_have_threads() -> None:
    turns = TurnsInLoop(never)
    with pytest.raises(DoesNotYield):
        await ran(turns, endless)
    assert await ran(turns, threading.get_ident) != threading.get_ident()
    await asyncio.sleep(0.2)  # nothing is raised in the loop's thread afterwards


@pytest.mark.usefixtures("impatient")
async def test_a_turn_that_catches_everything_is_ended_again_and_fails_whatever_it_returns() -> None:
    caught: list[str] = []
    with pytest.raises(DoesNotYield):
        await ran(TurnsInLoop(never), stubborn, caught)
    assert len(caught) == 2


async def test_a_golden_history_replays_in_the_loop() -> None:
    learn_rule_texts()
    replayer = Replayer(
        workflows=[CaseWorkflow],
        data_converter=data_converter,
        interceptors=[HandlerGuard()],
        workflow_runner=UnsandboxedWorkflowRunner(),
        workflow_task_executor=TurnsInLoop(never),
    )
    text = (FOLDER / f"{HANDED_OVER[0]}.json").read_text("utf-8")
    found = await replayer.replay_workflow(WorkflowHistory.from_json("share-request/golden", text))
    assert found.replay_failure is None


first_tries: list[str] = []


@workflow.defn(name="first-try-never-ends")
class FirstTryNeverEnds:
    """A workflow whose code never comes to a wait when it is run for the first time."""

    @workflow.run
    async def run(self) -> str:
        if not first_tries:
            first_tries.append(workflow.info().workflow_id)
            endless()
        return "through"


@pytest.mark.usefixtures("impatient")
async def test_the_task_of_a_workflow_that_did_not_yield_is_tried_again(ground: Sandbox) -> None:
    queue = f"turns-{uuid.uuid4().hex}"
    worker = Worker(
        ground.temporal,
        task_queue=queue,
        workflows=[FirstTryNeverEnds],
        workflow_runner=UnsandboxedWorkflowRunner(),
        workflow_task_executor=TurnsInLoop(never),
    )
    async with worker:
        handle = await ground.temporal.start_workflow(
            "first-try-never-ends", id=queue, task_queue=queue, result_type=str, run_timeout=timedelta(minutes=5)
        )
        assert await handle.result() == "through"
    failures = [
        event.workflow_task_failed_event_attributes.failure.message
        async for event in handle.fetch_history_events()
        if event.HasField("workflow_task_failed_event_attributes")
    ]
    assert failures == ["a workflow did not yield within two seconds"]
