"""``shareflow stuck``: every id that it prints is one that every other command takes."""

import asyncio
import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from background.stuck import note_what_is_held_up
from cli import output
from domain.calendar import CHINA
from domain.naming import request_id_for
from domain.words import ProcedureName
from embedded.simulate.sandbox import Sandbox
from protocol.names import request_id_of, workflow_id
from protocol.search_attributes import STUCK_REASON
from starter.engine_client import ShareflowClient
from tests.cli.conftest import Run, Said
from tests.engine.looking import until
from tests.procedures.grants import grant, in_days, opened, renewal
from tests.procedures.held_up import refuses


@pytest.fixture
async def parked(ground: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A case of every procedure that Temporal knows as parked and the ledger does not know yet."""
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", ground.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
    ids = [request_id_for("nantong-2020+809", uuid.uuid4().hex, procedure) for procedure in ProcedureName]
    handles = [
        await ground.temporal.start_workflow(
            "Parked",
            id=workflow_id(request_id),
            task_queue="nobody-works-here",
            search_attributes=TypedSearchAttributes([SearchAttributePair(STUCK_REASON, ["LedgerConflict"])]),
        )
        for request_id in ids
    ]
    yield ids
    for handle in handles:
        await handle.terminate("the test is over")


async def told(shareflow: Run, *options: str) -> str:
    said = await asyncio.to_thread(shareflow, "stuck", *options)
    assert said.code == 0, said
    return str(said.out)


async def test_parked_cases_of_every_procedure_are_told_by_their_ids(
    parked: Sequence[str], shareflow: Run, ground: Sandbox
) -> None:
    async def all_told() -> bool:
        rows = json.loads(await told(shareflow, "--json"))
        return {row["request_id"] for row in rows} >= set(parked)

    await until(all_told)
    lines = (await told(shareflow)).splitlines()
    first_words = {line.split()[0] for line in lines if line.strip()}
    assert set(parked) <= first_words
    for request_id in parked:
        found = await ground.temporal.get_workflow_handle(workflow_id(request_id)).describe()
        assert found.id == workflow_id(request_id)


async def run(shareflow: Run, *options: str) -> Said:
    return await asyncio.to_thread(shareflow, "stuck", *options)


async def test_a_case_is_noted_handed_over_retried_and_reset(
    ground: Sandbox, shareflow: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", ground.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
    client, now, why = ShareflowClient(ground.temporal, ground.engine), datetime.now(CHINA), ("--reason", "已补齐")
    cause = "other_case_unavailable:application_incomplete"
    with monkeypatch.context() as broken:
        broken.setattr("activities.other_cases.OtherCases._opening", refuses)
        two = [await opened(client, "nantong-2020", grant(use_until=in_days(now, 365)), now) for _ in range(2)]
        for each in two:
            await client.command(each, renewal(now))

        async def listed() -> bool:
            rows = json.loads((await run(shareflow, "--json")).out)
            return {row["request_id"] for row in rows if row["cause"] == cause} >= {*two}

        await until(listed)
        await note_what_is_held_up(ground.temporal, ground.engine)
        still = await run(shareflow, "retry", two[0], *why)
        # Before it, the worker of this process says what it met.
        assert (still.code, "仍卡住" in still.err.splitlines()[-1]) == (1, True)
        assert (await run(shareflow, "note", two[0], "已联系对方")).code == 0
        handed = await run(shareflow, "hand-over", two[0], "--to", "李工", "--reason", "交班", "--json")
        assert [(row["kind"], row["to"]) for row in json.loads(handed.out)][:2] == [
            ("stuck_hand_over", "李工"),
            ("stuck_note", None),
        ]
    assert "not called" not in (await run(shareflow, "retry", "NANTONG-NOTHING", *why)).plainly_refused(1)
    (await run(shareflow, "retry", *why)).plainly_refused(2)
    (await run(shareflow, "retry", two[0], "--reason", " ")).plainly_refused(2)
    (await run(shareflow, "reset", two[0], "--to", "nowhere", *why)).plainly_refused(2)
    assert (await run(shareflow, "reset", two[0], "--to", "first", *why)).code == 0
    batch = await run(shareflow, "retry", "--cause", cause, *why, "--yes", "--json")
    came = {row["id"]: (row["result"], row["why"]) for row in json.loads(batch.out)["items"]}
    # Its step is tried again from time to time by itself as well, perhaps just before the batch came to it.
    assert came[two[1]] in [("recovered", ""), ("not_executed", "not_stuck")]
    again = await run(shareflow, "retry", two[1], *why, "--json")
    assert (again.code, json.loads(again.out)["result"]) == (1, "not_executed")


@pytest.mark.parametrize("width", [120, 80, 60, 30])
def test_an_id_is_never_broken_however_narrow_the_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    monkeypatch.setattr(output, "console", lambda: Console(width=width, highlight=False, markup=False, emoji=False))
    ids = [request_id_for("nantong-2020", "1", procedure) for procedure in ProcedureName]
    rows = [(each, "workflow_task_failing", "other_case_unavailable", "2026-09-18T10:00:00+08:00") for each in ids]
    output.print_table("Stuck", ("request", "why", "what", "since"), rows)
    printed = capsys.readouterr().out
    assert [line.split()[0] for line in printed.splitlines() if "NANTONG-" in line] == ids


def test_what_carries_no_case_is_told_by_its_own_id() -> None:
    for workflow in ("duty-round/by-hand/0123", "duty-round/nantong/survey-2026-09-01T00:00:00Z", "webhooks"):
        assert request_id_of(workflow) == workflow
    for procedure in ProcedureName:
        request_id = request_id_for("zhejiang-2014", "1", procedure)
        assert request_id_of(workflow_id(request_id)) == request_id
