"""One duty of one department in one period is one case, whichever door opens it, with whatever key or with none."""

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError
from typer.testing import CliRunner

from cli.program import app
from configuration.settings import Settings
from domain.words import ProcedureName
from embedded.simulate.sandbox import Sandbox
from ledger.queries.cases import list_cases
from ledger.queries.views import CaseFilter
from protocol.names import DUTY_ROUND, TASK_QUEUE
from protocol.rounds import RoundOrder, RoundResult
from tests.api.callers import People, fresh_key

PERIOD = "2026"


@pytest.fixture
def code() -> str:
    """A department that nobody has met."""
    return f"DEPT-{uuid.uuid4().hex[:8]}"


def body(code: str, **more: Any) -> dict[str, Any]:
    request = {
        "duty": "catalogue_survey",
        "department": {"code": code, "name": "南通市某局"},
        "period": PERIOD,
        **more,
    }
    return {"procedure": "periodic_duty", "statute": "nantong-2020+809", "request": request}


async def round_of(ground: Sandbox, code: str | None, name: str | None = "某局") -> RoundResult:
    """What a round opens: a schedule's opens the same cases."""
    order = RoundOrder(statute="nantong", duty="catalogue_survey", period=PERIOD, department=code, name=name)
    result: RoundResult = await ground.temporal.execute_workflow(
        DUTY_ROUND, order, id=f"test-round/{uuid.uuid4().hex}", task_queue=TASK_QUEUE, result_type=RoundResult
    )
    return result


async def cases_of(ground: Sandbox, code: str) -> list[str]:
    wanted = CaseFilter(procedure=ProcedureName.PERIODIC_DUTY, provider=code)
    page = await asyncio.to_thread(list_cases, ground.engine, wanted)
    return [case.request_id for case in page.cases]


class CommandLine:
    """The command line on the session's engine."""

    def __init__(self, ground: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHAREFLOW_DATABASE_URL", ground.engine.url.render_as_string(hide_password=False))
        monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)

    async def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """The exit code, and what is told on either stream."""
        said = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
        return said.exit_code, said.stdout, said.stderr


@pytest.fixture
def shareflow(ground: Sandbox, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine(ground, monkeypatch)


def case_file(folder: Path, code: str) -> str:
    file = folder / "duty.yaml"
    file.write_text(
        f"procedure: periodic_duty\nstatute: nantong-2020\nrequest: "
        f"{{duty: catalogue_survey, department: {{code: {code}, name: 甲局}}, period: '{PERIOD}'}}\n",
        encoding="utf-8",
    )
    return str(file)


DOORS = ("http", "round", "duties open", "case open")


@pytest.mark.parametrize("first", DOORS)
async def test_every_door_comes_to_one_case(
    first: str, people: People, ground: Sandbox, shareflow: CommandLine, code: str, tmp_path: Path
) -> None:
    async def through(context: str) -> str:
        if context == "http":
            answer = await people.post("bureau", "/v1/cases", body(code.lower()), **fresh_key())
            assert answer.status_code == 201, answer.text
            return str(answer.json()["request_id"])
        if context == "round":
            result = await round_of(ground, code)
            [case] = [*result.opened, *result.there]
            return case
        if context == "duties open":
            named = ("catalogue_survey", "--period", PERIOD, "--department", code, "--name", "丙局", "--json")
            exit_code, said, wrong = await shareflow("duties", "open", "nantong", *named)
            assert exit_code == 0, wrong
            [case] = [*json.loads(said)["opened"], *json.loads(said)["there"]]
            return str(case)
        exit_code, said, wrong = await shareflow("case", "open", case_file(tmp_path, code), "--json")
        assert exit_code == 0, wrong
        return str(json.loads(said)["request_id"])

    opened = await through(first)
    for context in (*DOORS, first):
        assert await through(context) == opened, context
    assert await cases_of(ground, code) == [opened]


async def test_many_at_once_come_to_one_case(people: People, ground: Sandbox, code: str) -> None:
    http = [people.post("bureau", "/v1/cases", body(code), **fresh_key()) for _ in range(6)]
    *answers, by_round = await asyncio.gather(*http, round_of(ground, code))
    assert [answer.status_code for answer in answers] == [201] * 6
    ids = {answer.json()["request_id"] for answer in answers} | {*by_round.opened, *by_round.there}
    assert ids == set(await cases_of(ground, code))
    assert len(ids) == 1
    replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
    assert replayed.count("true") >= 5


async def test_a_key_opens_once_and_names_one_filing(people: People, ground: Sandbox, code: str) -> None:
    key, other = fresh_key(), f"{code}-2"
    first = await people.post("bureau", "/v1/cases", body(code), **key)
    again = await people.post("bureau", "/v1/cases", body(code), **key)
    assert again.json()["request_id"] == first.json()["request_id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await people.post("bureau", "/v1/cases", body(other), **key)).json()["code"] == "key_reused"
    assert await cases_of(ground, other) == []


async def test_other_contents_are_not_lost_in_silence(people: People, ground: Sandbox, code: str) -> None:
    [opened] = (await round_of(ground, code)).opened
    items = [{"name": "户籍数据", "due_on": "2026-11-30"}]
    answer = await people.post("bureau", "/v1/cases", body(code, items=items), **fresh_key())
    assert (answer.status_code, answer.json()["code"], answer.json()["request_id"]) == (409, "already_open", opened)
    assert await cases_of(ground, code) == [opened]


async def test_another_period_or_department_is_another_case(people: People, code: str) -> None:
    answers = [
        await people.post("bureau", "/v1/cases", body(name, period=period), **fresh_key())
        for name, period in ((code, "2026"), (code, "2025"), (f"{code}-2", "2026"))
        for _ in range(2)
    ]
    told = [answer.json().get("request_id") or answer.json()["code"] for answer in answers]
    assert told[0] == told[1] != told[4] == told[5]


# A refused round


async def test_a_duty_that_was_refused_is_opened_once_it_is_mended(ground: Sandbox, code: str) -> None:
    """The worker's list of departments does not have it, so that nobody knows its name."""
    for _ in range(2):
        with pytest.raises(WorkflowFailureError) as error:
            await round_of(ground, code, name=None)
        [note] = RoundResult.model_validate(error.value.cause.details[0]).refused.values()  # type: ignore[union-attr]
        assert (note.code, note.details["fields"]) == ("application_incomplete", "department.name")
    [opened] = (await round_of(ground, code)).opened
    assert await cases_of(ground, code) == [opened]


async def test_a_refusal_is_told_with_its_code(
    shareflow: CommandLine, code: str, monkeypatch: pytest.MonkeyPatch, ground: Sandbox
) -> None:
    named = ("nantong-2020", "catalogue_survey", "--department", code, "--name", "甲局")
    with monkeypatch.context() as other_rules:
        # The command line of another version, whose rules let it pass.
        other_rules.setattr("cli.duties_work._ask_the_rules", lambda *_: None)
        for _ in range(2):
            exit_code, said, wrong = await shareflow("duties", "open", *named, "--period", "2089")
            assert (exit_code, said) == (1, "")
            assert "wrong_period: the period 2089" in wrong
            assert "again" not in wrong
            assert wrong.splitlines()[-1].startswith("NANTONG-DUTY-")  # the worker's log stands before it here
    exit_code, said, _ = await shareflow("duties", "open", *named, "--period", PERIOD)
    assert (exit_code, said) == (0, f"{(await cases_of(ground, code))[0]} opened\n")


async def test_a_round_that_opened_nothing_does_not_end_well(
    shareflow: CommandLine, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line has a list of departments, the worker has none."""
    listed = tmp_path / "departments.yaml"
    listed.write_text(f"nantong:\n  - {{code: {code}, name: 甲局}}\n", encoding="utf-8")
    monkeypatch.delenv(Settings.departments.variable, raising=False)
    from domain.departments import read_departments
    from domain.statutes.loader import packaged_statutes

    known = read_departments(listed.read_text(encoding="utf-8"), "d.yaml", packaged_statutes().values())
    monkeypatch.setattr("cli.duties_work.departments_in_force", lambda: known)
    exit_code, said, wrong = await shareflow("duties", "open", "nantong", "catalogue_survey", "--period", PERIOD)
    assert (exit_code, said) == (1, "")
    assert wrong.startswith("No case was opened: the list of departments that the worker reads")
    # One that is named needs no list of the worker's: the command line knows what it is called.
    named = ("--period", PERIOD, "--department", code)
    exit_code, said, wrong = await shareflow("duties", "open", "nantong", "catalogue_survey", *named)
    assert (exit_code, wrong) == (0, "")
    assert said.endswith(" opened\n")
