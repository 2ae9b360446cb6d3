"""Cases that are driven through an engine while it is hit, and what must hold of them afterwards."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Engine
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from background.reconciliation import reconcile
from domain.engine.records import RecordedEvent
from domain.evidence import verify_chain
from domain.naming import request_id_for
from domain.words import ProcedureName
from ledger.queries.cases import get_case
from ledger.queries.events import events_of
from protocol.messages import Answer, CaseView
from protocol.names import workflow_id
from starter.engine_client import ShareflowClient
from tests.engine.cases import Course, foretold

IN_STEP_WITHIN = 90.0


@dataclass
class Driven:
    """One case as its driver saw it: what was answered, and how often it had to ask again."""

    procedure: Course
    key: str
    filed: CaseView | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    asked_again: int = 0

    @property
    def request_id(self) -> str:
        return request_id_for(self.procedure.statute, self.key, ProcedureName.SHARE_REQUEST)


class Followed(Protocol):
    """A case of which it is known how it must have gone."""

    @property
    def request_id(self) -> str: ...
    @property
    def procedure(self) -> Course: ...


async def until_in_step(client: ShareflowClient, cases: Sequence[Followed]) -> None:
    """Reconcile until every workflow knows of every event in the ledger."""
    since = datetime.now(UTC) - timedelta(hours=1)
    behind: dict[str, tuple[int, int]] = {}
    async with asyncio.timeout(IN_STEP_WITHIN):
        while True:
            await reconcile(client.temporal, client.reader.engine, since)
            behind = {}
            for case in cases:
                there = await asyncio.to_thread(client.get, case.request_id)
                view = await case_of(client, case)
                if view is None or view.head != there.seq:
                    behind[case.request_id] = (there.seq, view.head if view else -1)
            if not behind:
                return
            await asyncio.sleep(0.5)


async def case_of(client: ShareflowClient, case: Followed) -> CaseView | None:
    handle = client.temporal.get_workflow_handle(workflow_id(case.request_id))
    try:
        view: CaseView = await handle.query("case", result_type=CaseView, rpc_timeout=timedelta(seconds=10))
    except RPCError:
        return None
    return view


async def check(client: ShareflowClient, case: Driven) -> None:
    """One case in the ledger, in its workflow, and as its driver was told."""
    name = f"{case.procedure.name} {case.key}"
    there = await asyncio.to_thread(get_case, client.reader.engine, case.request_id)
    assert there is not None, name
    events = await asyncio.to_thread(events_of, client.reader.engine, case.request_id)
    assert [event.seq for event in events] == list(range(1, there.seq + 1)), name
    verify_chain(events, there.algorithm, there.head_digest)
    assert told(events, case) == foretold(case.procedure), name
    for key, answer in case.answers.items():
        mine = [event for event in events if event.key is not None and event.key.startswith(f"{key}~")]
        assert [event.type.value for event in mine] == answer.events, name
        assert mine[-1].seq == answer.head, name
    assert (there.stage, there.outcome) == (case.procedure.stage, case.procedure.outcome), name
    view = await case_of(client, case)
    assert view is not None
    assert (view.head, view.stage, view.outcome) == (there.seq, there.stage, there.outcome), name
    assert list(view.clocks) == list(there.clocks), name
    assert not view.stuck, name


def parked(engine: Engine, request_id: str) -> bool:
    """Whether the ledger still says that something holds a case up."""
    there = get_case(engine, request_id)
    return there is None or bool(there.parked)


def told(events: Sequence[RecordedEvent], case: Driven) -> list[tuple[str | None, str]]:
    """Key and type of every event, as ``foretold`` has them."""
    keys = ["file" if event.key == case.key else event.key and event.key.partition("~")[0] for event in events]
    return [(key, event.type.value) for key, event in zip(keys, events, strict=True)]


async def no_workflow_failed_and_none_is_there_twice(temporal: Client, cases: Sequence[Followed]) -> None:
    closed = {workflow_id(case.request_id) for case in cases if case.procedure.outcome is not None}
    expected = {
        workflow_id(case.request_id): (
            WorkflowExecutionStatus.COMPLETED
            if workflow_id(case.request_id) in closed
            else WorkflowExecutionStatus.RUNNING
        )
        for case in cases
    }
    found: list[tuple[str, WorkflowExecutionStatus | None]] = []
    async with asyncio.timeout(60):
        # The lists of workflows lag behind the workflows.
        while True:
            found = [(w.id, w.status) async for w in temporal.list_workflows()]
            grants = [id_ for id_, _ in found if id_.startswith("grant/")]
            requests = [(id_, status) for id_, status in found if id_ not in grants]
            if sorted(requests) == sorted(expected.items()):
                assert len(grants) == len(set(grants)), "a grant was opened twice"
                return
            await asyncio.sleep(0.5)
