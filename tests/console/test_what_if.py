"""推演, over HTTP: a case or an example as a scenario, a step moved, and what is told where it cannot be played."""

import html
import re

import httpx
import pytest

from api.context import AppContext
from api.simulations.schemas import LONGEST
from domain.messages import label
from domain.words import Role
from starter.scenario_complaints import ScenarioError
from starter.scenarios import scenario_from
from tests.api.callers import STRANGER, Bearer, People
from tests.cli.test_simulate import GOOD
from tests.console.conftest import Enter
from tests.engine.cases import PROVIDER


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


def text_in(page: str) -> str:
    """The scenario in the page."""
    found = re.search(r'<textarea id="scenario"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def csrf_in(page: str) -> dict[str, str]:
    """What the form of the page carries besides."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return {"csrf_token": found[1]}


async def test_a_case_so_far_is_a_scenario_for_whoever_may_see_it(people: People, enter: Enter) -> None:
    request_id = await people.file()
    for who, command, fields in (
        ("bureau", "accept", {}),
        ("provider", "refuse", {"with": {"reason": "涉密"}}),
    ):
        assert (await people.give(who, request_id, command, **fields)).status_code == 200
    provider = await enter(Role.PROVIDER, PROVIDER)
    assert f"/what-if?case={request_id}" in (await provider.get(f"/cases/{request_id}")).text
    shown = await provider.get(f"/what-if?case={request_id}")
    scenario = scenario_from(text_in(shown.text), "the page")
    assert [(step.by, step.do) for step in scenario.steps] == [("bureau", "accept"), ("provider", "refuse")]
    assert scenario.steps[1].with_ == {"reason": "涉密"}
    assert all(step.person is None for step in scenario.steps)
    stranger = await enter(Role.REQUESTER, STRANGER)
    assert (await stranger.get(f"/what-if?case={request_id}")).status_code == 404


async def test_a_step_is_moved_by_working_days(enter: Enter) -> None:
    bureau = await enter(Role.BUREAU, "bureau")
    blank = (await bureau.get("/what-if")).text
    assert label("console", "what_if_examples", "zh") in blank
    form = {**csrf_in(blank), "scenario": GOOD, "original": GOOD, "step": "1", "days": "3", "along": "on"}
    moved = scenario_from(text_in((await bureau.send("/what-if/move", form)).text), "the page")
    assert [step.at.isoformat()[:13] for step in moved.steps] == ["2026-09-24T09", "2026-09-24T10"]
    form = {**form, "step": "2", "days": "-2", "along": ""}
    early = await bureau.send("/what-if/move", form)
    assert early.status_code == 422
    assert "第 2 步 时间（at）早于前一步或提交的时间" in early.text
    assert text_in(early.text) == GOOD
    long = GOOD + "#" * LONGEST
    for path in ("move", "play"):
        refused = await bureau.send(f"/what-if/{path}", {**form, "scenario": long})
        said = label("what_if", "too_many_characters", "zh").format(most=LONGEST, number=len(long))
        assert (refused.status_code, said in refused.text, text_in(refused.text)) == (413, True, long)
    for wrong in ({"days": "0"}, {"days": "x"}, {"step": "9"}):
        refused = await bureau.send("/what-if/move", {**form, **wrong})
        assert (refused.status_code, label("what_if", "no_such_move", "zh") in refused.text) == (422, True)


async def test_a_step_is_added_by_a_form_with_the_fields_of_its_command(enter: Enter) -> None:
    bureau = await enter(Role.BUREAU, "bureau")
    form = {**csrf_in((await bureau.get("/what-if")).text), "scenario": GOOD, "original": ""}
    typed = (await bureau.send("/what-if/form", form)).text
    assert '<option value="provider grant">' in typed
    assert not re.search('<option value="[a-z_]+ authorize"', typed)
    asked = {**form, "act": "provider refuse", "at": "2026-09-21T09:30"}
    fields = (await bureau.send("/what-if/add", asked)).text
    assert (text_in(fields), 'name="with.reason"' in fields) == (GOOD, True)
    hidden = {"fields_of": "provider refuse", "with.reason": "涉密\r\n第二行", "with.legal_basis": "保密法"}
    added = scenario_from(text_in((await bureau.send("/what-if/add", {**asked, **hidden})).text), "the page")
    assert [step.do for step in added.steps] == ["refuse", "refuse", "grant"]
    assert added.steps[1].with_ == {"reason": "涉密\n第二行", "legal_basis": "保密法"}
    assert added.steps[1].at.isoformat() == "2026-09-21T09:30:00+08:00"
    at_once = {**form, "act": "requester agree", "at": "2026-12-01T09:00"}
    later = scenario_from(text_in((await bureau.send("/what-if/add", at_once)).text), "the page")
    assert (later.steps[-1].by, later.steps[-1].do, later.ends_at) == ("requester", "agree", later.steps[-1].at)
    for wrong, said in (
        ({"act": "mayor grant"}, label("what_if", "no_such_act", "zh")),
        ({**hidden, "at": ""}, label("what_if", "no_such_instant", "zh")),
        ({"at": "2020-01-01T09:00"}, "第 1 步 时间（at）早于前一步或提交的时间"),
        ({"act": "provider grant", "fields_of": "provider grant", "with.expires_on": "明天"}, "使用截止"),
    ):
        refused = await bureau.send("/what-if/add", {**asked, **hidden, **wrong})
        assert (refused.status_code, said in refused.text, text_in(refused.text)) == (422, True, GOOD), said
    rows = {**form, "act": "requester supplement", "fields_of": "requester supplement", "more": "with.documents"}
    more = (await bureau.send("/what-if/form", {**rows, "with.documents.rows": "3"})).text
    assert 'name="with.documents.3.name"' in more


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("name:", "naem:", "“naem”不是已知的字段，可能是 name 之误"),
        ("by: provider", "bye: provider", "第 1 步 “bye”不是已知的字段，可能是 by 之误"),
        ("filed_at: 2026-09-18T10:00:00+08:00\n", "", "提交时间（filed_at）缺失"),
        (
            "2026-09-21T09:00:00+08:00",
            "昨天",
            "第 1 步 时间（at）应为时间，例如 2025-08-01T09:00:00+08:00，现为 “昨天”",
        ),
        ("by: provider", "by: mayor", "第 1 步 角色（by）应为 "),
        ("do: grant", "do: approve", "第 2 步 命令（do）应为 "),
        ("do: grant", "do: record_use", "第 2 步 命令（do）“record_use”不是共享申请的命令"),
        ("2026-09-21T09", "2026-09-17T09", "第 1 步 时间（at）早于前一步或提交的时间"),
        ("statute: changshu-2019\n", "", "适用法规（statute）缺失，jurisdiction 也没有写"),
        ("name:", "name: x\nname:", "第 2 行第 1 列：键 “name” 在此重复出现"),
        ("name:", "name: a: b\nx:", "第 1 行第 8 列：不合 YAML 语法：此处不能再有冒号"),
        ("name:", "\tname:", "第 1 行第 1 列：不合 YAML 语法：此处的字符不能用来开头"),
    ],
)
def test_what_is_wrong_with_a_scenario_is_told_in_chinese(was: str, becomes: str, told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario_from(GOOD.replace(was, becomes, 1), label("what_if", "the_scenario", "zh"), "zh")
    sentence = str(caught.value)
    assert told in sentence
    assert re.match(r"场景，第 \d+ 行(第 \d+ 列)?：", sentence)
    assert not re.search(r"\b(is|must|not|line|lies|step)\b", sentence)


async def test_what_cannot_be_played_is_told_and_what_was_typed_is_kept(
    enter: Enter, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau = await enter(Role.BUREAU, "bureau")
    form = {**csrf_in((await bureau.get("/what-if")).text), "scenario": "name: x", "original": ""}
    refused = await bureau.send("/what-if/play", form)
    assert (refused.status_code, text_in(refused.text)) == (422, "name: x")
    nowhere = await bureau.send("/what-if/play", {**form, "scenario": GOOD.replace("changshu-2019", "nowhere-2020")})
    assert (nowhere.status_code, "没有这部法规：nowhere-2020；现有 " in nowhere.text) == (422, True)
    assert "{" not in nowhere.text.partition('role="alert"')[2].partition("</div>")[0]
    with context.writer.turn_to_simulate():
        busy = await bureau.send("/what-if/play", {**form, "scenario": GOOD})
    assert (busy.status_code, int(busy.headers["retry-after"]) > 0) == (429, True)
    assert label("problem", "simulation_busy", "zh") in busy.text
    assert (await bureau.send("/what-if/play", {**form, "csrf_token": "x"})).status_code == 403
    assert (await bureau.get("/what-if?example=none")).status_code == 404
    monkeypatch.setattr(context, "simulator", None)
    off = await bureau.get("/what-if")
    assert label("console", "what_if_off", "zh") in off.text
    assert "<textarea" not in off.text
