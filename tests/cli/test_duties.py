"""``shareflow duties``: on a real engine, and what is refused before any is looked for."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from domain.policy import default_policy
from domain.words import Role
from embedded.simulate.sandbox import Sandbox
from ledger.reader import Reader
from starter.duty_schedules import sync_schedules
from tests.cli.conftest import Run

Listing = Callable[[str], None]


@pytest.fixture
def listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Listing:
    """Write the operator's list of departments."""
    file = tmp_path / "departments.yaml"
    monkeypatch.setenv("SHAREFLOW_DEPARTMENTS", str(file))

    def write(text: str) -> None:
        file.write_text(text, encoding="utf-8")

    return write


@pytest.fixture
async def engine(ground: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The session's engine, as the environment names one; without schedules afterwards."""
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", ground.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
    yield
    await sync_schedules(ground.temporal, {}, default_policy())


async def said(shareflow: Run, *arguments: str) -> Any:
    """What a command prints as JSON."""
    told = await asyncio.to_thread(shareflow, "duties", *arguments, "--json")
    assert told.code == 0, told.err
    return json.loads(told.out)


@pytest.mark.usefixtures("engine")
async def test_sync_list_and_sync_again(shareflow: Run, listing: Listing, ground: Sandbox) -> None:
    listing("changzhou:\n  - {code: A1, name: 甲局}\n")
    before = await said(shareflow, "list")
    assert [(duty["duty"], duty["schedule"]) for duty in before] == [
        ("yearly_evaluation", None),
        ("yearly_report", None),
        ("supervision_report", None),  # of the national regulation, under which Changzhou's text has stood since
    ]
    assert (await said(shareflow, "sync"))["created"] == [
        "duty/changzhou/yearly_evaluation",
        "duty/changzhou/yearly_report",
        "duty/changzhou/supervision_report",
    ]
    again = await said(shareflow, "sync")
    assert (again["created"], again["updated"], again["deleted"], len(again["unchanged"])) == ([], [], [], 3)
    acts, _ = Reader(ground.engine).all_acts(limit=2)
    assert [(act.kind, act.target, act.by.roles) for act in acts] == [("duties_sync", "duties", (Role.OPERATOR,))] * 2
    report = (await said(shareflow, "list"))[1]
    assert (report["by"], report["period"], report["basis"], report["article"]) == ("provider", "year", "statute", "20")
    assert report["next_at"].endswith("-01-01T00:05:00+08:00")
    table = await asyncio.to_thread(shareflow, "duties", "list")
    assert "上一年度共享情况报告" in table.out


@pytest.mark.usefixtures("engine")
async def test_open_by_hand_and_once_more(shareflow: Run, listing: Listing, ground: Sandbox) -> None:
    code = f"HAND-{uuid.uuid4().hex[:8]}"
    listing(f"nantong:\n  - {{code: {code}, name: 甲局}}\n")
    arguments = ("open", "nantong", "catalogue_survey", "--period", "2026", "--department", code)
    first, second = await said(shareflow, *arguments), await said(shareflow, *arguments)
    assert (first["there"], second["opened"]) == ([], [])
    assert first["opened"] == second["there"]
    act = Reader(ground.engine).all_acts(limit=1)[0][0]
    assert (act.kind, act.details["duty"], act.details["department"]) == ("duties_open", "catalogue_survey", code)
    shown = await asyncio.to_thread(shareflow, "request", "show", first["opened"][0], "--json")
    assert json.loads(shown.out)["clocks"][0]["due_date"] == "2026-12-31"


@pytest.mark.usefixtures("engine")
async def test_open_for_a_department_that_the_list_does_not_have(shareflow: Run) -> None:
    code = f"HAND-{uuid.uuid4().hex[:8]}"
    named = ("open", "zhejiang-2014", "business_data_update", "--period", "2026-09-18", "--department", code)
    refused = await asyncio.to_thread(shareflow, "duties", *named)
    assert refused.plainly_refused().startswith(f"--name must say what {code} is called")
    assert len((await said(shareflow, *named, "--name", "省乙局"))["opened"]) == 1


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["nowhere", "catalogue_survey", "--period", "2026"], 1, "There is no statute “nowhere”"),
        (
            ["nantong-2020", "nothing", "--period", "2026"],
            1,
            "unknown_duty: this text has no duty nothing; it has cata",
        ),
        (["nantong-2020", "inspection", "--period", "2026"], 1, "wrong_period: the period 2026 cannot be; such as 20"),
        (["nantong-2020", "inspection", "--period", "2059-H2"], 1, "wrong_period: the period 2059-H2"),
        (
            ["nantong-2020", "inspection", "--period", "2026-H1", "--department", "A"],
            2,
            "--department is for the duties",
        ),
        (["nantong-2020", "catalogue_survey", "--period", "2026"], 2, "--department must name one: no department of"),
    ],
)
async def test_what_cannot_be_opened(shareflow: Run, arguments: list[str], code: int, says: str) -> None:
    told = await asyncio.to_thread(shareflow, "duties", "open", *arguments)
    assert (told.code, told.out) == (code, "")
    assert told.err.startswith(says)
    assert told.err.count("\n") == 1


@pytest.mark.usefixtures("engine")
async def test_nothing_listed_is_said(shareflow: Run) -> None:
    for command in ("list", "sync"):
        told = await asyncio.to_thread(shareflow, "duties", command)
        assert (told.code, told.out) == (
            0,
            "No place is listed: name a file of departments with SHAREFLOW_DEPARTMENTS.\n",
        )


@pytest.mark.parametrize("command", [["list"], ["sync"], ["open", "nantong", "inspection", "--period", "2026-H1"]])
def test_a_wrong_list_is_told_before_any_engine_is_looked_for(
    shareflow: Run, listing: Listing, command: list[str]
) -> None:
    listing("nantong:\n  - {code: A, name: 甲局}\n  - {code: A, name: 乙局}\n")
    assert "line 3: nantong[1].code A stands a second time" in shareflow("duties", *command).plainly_refused()


def test_without_an_engine(shareflow: Run) -> None:
    assert shareflow("duties", "list").plainly_refused().startswith("No engine is running here")
