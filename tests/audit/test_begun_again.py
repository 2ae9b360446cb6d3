"""A case that operators let begin again, and that runs hand over: its dossier has the runs that led on, and holds."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from audit.dossier.contents import HISTORY, CaseDossier
from audit.page.facts import PAGE
from background.archive.archiving import archive_next
from background.archive.folder import FolderArchive
from background.archive.store import HistoryArchive
from domain.engine.records import Actor
from embedded.simulate.sandbox import Sandbox
from protocol.connecting import TemporalClient
from protocol.histories import CaseHistory, history_of, latest_run, text_of
from protocol.mending import FIRST, LAST, reset_to
from protocol.names import workflow_id
from starter.dossiers import dossier_of
from starter.engine_client import ShareflowClient
from starter.errors import KeyReused
from tests.audit.dossiers import resealed
from tests.audit.test_lost_answers import found
from tests.audit.test_verification import wrong
from tests.engine.cases import PROVIDER, WHY, command, write_behind
from tests.engine.conftest import client_of
from tests.engine.looking import B, C, P, R, filed, handle_of, in_step, until
from tests.engine.test_archive import forgetful
from tests.engine.test_reset_and_others import begun_again

MOST = 4
"""So many commands make a run long in these tests."""
URGING = "before:urge"
COURSES: dict[str, Sequence[str | int]] = {
    "reset and then long": [2, LAST, 5],
    "long and then begun again": [5, FIRST, 1],
    "reset, further back, and then long": [2, URGING, 1, FIRST, 5],
    "again and again": [2, FIRST, 4, FIRST, 5],
}
"""How often a case is urged, and where it is reset to in between."""


@pytest.fixture
def client(ground: Sandbox, monkeypatch: pytest.MonkeyPatch) -> ShareflowClient:
    monkeypatch.setattr("workflows.this_run.MOST_UPDATES", MOST)
    return client_of(ground)


async def lived(client: ShareflowClient, course: Sequence[str | int]) -> str:
    """A case that is still open after this course."""
    request_id = await filed(client)
    for step in course:
        if isinstance(step, str):
            await in_step(client, request_id)  # the latest run has begun
            await reset_to(client.temporal, workflow_id(request_id), step, "a test")
            await in_step(client, request_id)
            continue
        for _ in range(step):
            await client.command(request_id, command(B, C.URGE, key=uuid.uuid4().hex))
    return request_id


async def packed(client: ShareflowClient, request_id: str) -> CaseDossier:
    return await dossier_of(client.reader, client.temporal, request_id)


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
async def test_however_often_it_began_again_it_holds(client: ShareflowClient, course: Sequence[str | int]) -> None:
    request_id = await lived(client, course)
    dossier = await packed(client, request_id)
    assert len(dossier.histories) > 1
    assert await asyncio.to_thread(wrong, dossier) == {}


async def test_it_is_packed_from_the_archive_as_well(client: ShareflowClient, tmp_path: Path) -> None:
    """The run that was put aside is archived like every other, and comes along: it has what was said before a reset."""
    archive = HistoryArchive(FolderArchive(tmp_path / "archive"))
    request_id = await lived(client, [2, FIRST, 5, LAST])
    await client.command(request_id, command(P, C.REFUSE, WHY))
    await client.command(request_id, command(R, C.WITHDRAW, WHY))
    await handle_of(client, request_id).result()
    whole = await packed(client, request_id)
    for _ in range(20):
        if not (await archive_next(client.temporal, client.reader.engine, archive, timedelta(days=1))).archived:
            break
    years_later = await dossier_of(client.reader, forgetful(client).temporal, request_id, archive=archive)
    assert {name: years_later.files[name] for name in whole.files if name != PAGE} == {
        name: content for name, content in whole.files.items() if name != PAGE
    }
    assert len(years_later.put_aside) == len(years_later.files) - len(whole.files) == 2
    said = await asyncio.to_thread(found, years_later)
    assert {check: told for check, (result, told) in said.items() if result == "FAIL"} == {}
    assert said["history"][1].endswith("; 2 runs that a reset put aside")
    assert "taken over, not decided again" not in said["ledger"][1]


async def test_a_run_that_no_worker_has_begun_yet_is_waited_for_by_nobody(
    client: ShareflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was handed stands in the run before it."""
    request_id = await lived(client, [MOST - 1])
    await in_step(client, request_id)
    latest = await latest_run(client.temporal, workflow_id(request_id))

    async def at_first(temporal: TemporalClient, case: str, run_id: str) -> CaseHistory:
        history = await history_of(temporal, case, run_id)
        if run_id == latest:
            del history.events[2:]
        return history

    monkeypatch.setattr("starter.histories.history_of", at_first)
    dossier = await packed(client, request_id)
    assert dossier.histories == [HISTORY]
    assert await asyncio.to_thread(wrong, dossier) == {}


async def test_a_run_that_was_put_aside_is_passed_off_as_none_that_led_on(client: ShareflowClient) -> None:
    """An operator of Temporal may reset a run that has handed over: both then hand over the same to others."""
    request_id = await lived(client, [2])
    case, first = workflow_id(request_id), await latest_run(client.temporal, workflow_id(request_id))
    await client.command(request_id, command(B, C.URGE, key=uuid.uuid4().hex))

    async def handed_over() -> bool:
        return await latest_run(client.temporal, case) != first

    await until(handed_over)
    aside = text_of(await history_of(client.temporal, case, first))
    await client.temporal.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.temporal.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case, run_id=first),
            reason="a test",
            workflow_task_finish_event_id=4,
            request_id=uuid.uuid4().hex,
        )
    )
    await in_step(client, request_id)
    for _ in range(MOST):
        await client.command(request_id, command(B, C.URGE, key=uuid.uuid4().hex))
    dossier = await packed(client, request_id)
    assert await asyncio.to_thread(wrong, dossier) == {}
    second = dossier.histories[1]
    spliced = resealed(dossier, {**dossier.files, HISTORY: aside})
    assert (await asyncio.to_thread(wrong, spliced))["history"] == f"{second} does not follow from the run before it"


@pytest.mark.parametrize("lost", ["by a reset", "by a crash"])
async def test_whoever_asks_again_after_weeks_is_answered_and_the_case_holds(
    ground: Sandbox, client: ShareflowClient, lost: str
) -> None:
    request_id, refuse = await filed(client), command(P, C.REFUSE, WHY)
    if lost == "by a reset":
        await client.command(request_id, refuse)
        await begun_again(client, request_id)
    else:
        write_behind(client.reader.engine, request_id, refuse)
    weeks = timedelta(days=20)
    await ground.skipper.fast_forward(handle_of(client, request_id), weeks)
    again = await client.command(request_id, refuse.model_copy(update={"received_at": datetime.now(UTC) + weeks}))
    assert again.repeated
    dossier = await packed(client, request_id)
    assert await asyncio.to_thread(wrong, dossier) == {}


async def test_a_colleague_who_asks_with_the_same_key_changes_nothing(client: ShareflowClient) -> None:
    """Nor about who stands in the record: the door says that the key was used."""
    request_id, refuse = await filed(client), command(P, C.REFUSE, WHY)
    first, second = (refuse.model_copy(update={"actor": Actor(role=P, org=PROVIDER, person=who)}) for who in "甲乙")
    await client.command(request_id, first)
    await begun_again(client, request_id)
    with pytest.raises(KeyReused):
        await client.command(request_id, second.model_copy(update={"received_at": datetime.now(UTC)}))
    assert await asyncio.to_thread(wrong, await packed(client, request_id)) == {}
