"""``POST /v1/simulations``: scenarios played on the real engine with skipped time, apart from the real one."""

import asyncio
import sys
from dataclasses import replace

import httpx
import pytest

from api.context import AppContext
from domain.messages import label
from domain.policy import default_policy
from starter.simulations import PlaysTooLong, SimulationOrder, Simulator
from tests.api.callers import People
from tests.cli.test_simulate import GOOD

PATH = "/v1/simulations"
LATE = GOOD.replace("2026-09-21T10:00", "2026-09-25T10:00")


@pytest.fixture(scope="session")
async def played(people: People) -> httpx.Response:
    """A case as it was, and with its answer four days later."""
    return await people.post("requester", PATH, {"scenarios": [GOOD, LATE]})


async def test_what_comes_of_a_later_answer(played: httpx.Response, people: People) -> None:
    assert played.status_code == 200, played.text
    as_it_was, later = played.json()
    assert as_it_was["mismatches"] == []
    assert [(step["code"], step["article"]) for step in later["refused_steps"]] == [
        ("reason_required", later["refused_steps"][0]["article"])
    ]
    assert [(clock["due_date"], clock["state"]) for clock in later["clocks"]] == [("2026-09-24", "met_late")]
    assert "clock_breached" in [event["type"] for event in later["events"]]
    assert any("2026-09-24" in each for each in later["mismatches"])
    [about, told] = [later["differences"][-1][part] for part in ("about", "told")]
    assert (about, "没有预期的第 1 项时限" in told) == ("no_clock", True), later["differences"]
    assert len(later["differences"]) == len(later["mismatches"])
    assert later["workflow"]["history_length"] > 0
    assert (await people.get("auditor", f"/v1/requests/{later['request_id']}")).status_code == 404


async def test_what_cannot_be_played_is_told(people: People, context: AppContext) -> None:
    unread = await people.post("auditor", PATH, {"scenarios": [GOOD.replace("filed_at: 2026-09-18", "filed_at: soon")]})
    assert unread.status_code == 422
    assert "3" in unread.json()["detail"]
    assert "filed_at" in unread.json()["detail"]
    assert (await people.post("auditor", PATH, {"scenarios": ["x" * 50_001]})).status_code == 422
    with context.writer.turn_to_simulate() as alone:
        assert alone
        busy = await people.post("auditor", PATH, {"scenarios": [GOOD]})
    assert (busy.status_code, busy.json()["title"]) == (429, label("problem", "simulation_busy", "zh"))
    assert int(busy.headers["retry-after"]) > 0


async def test_nothing_is_played_where_it_is_turned_off(
    people: People, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "simulator", None)
    off = await people.post("auditor", PATH, {"scenarios": [GOOD]})
    assert (off.status_code, off.json()["code"]) == (404, "simulations_off")


async def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is one that never answers: a real one is late only on a machine that is very busy."""
    monkeypatch.setattr("starter.simulations.ENDING", 0.2)
    never = Simulator((sys.executable, "-S", "-c", "import time; time.sleep(600)"), list)
    order = SimulationOrder(scenarios=(GOOD,), policy=default_policy(), seconds=0.1)
    with pytest.raises(PlaysTooLong):
        await asyncio.wait_for(never.play(order), 20)
    assert replace(never).command[0] == sys.executable
