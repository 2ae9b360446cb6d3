"""What a case has come through: stages, limits day by day, who was late, rounds, changes, cases before and after."""

import asyncio
import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from api.accounts.account import Account
from api.accounts.endpoints import CaseTold, account_out
from audit.findings.finding import FindingKind
from audit.findings.found import findings_in
from audit.replay.case import RecordedCase
from console import case_story
from console.case_story import story
from domain.calendar import Calendar, day_of
from domain.messages import label
from domain.words import ClockState, EventType, Role, Stage, Unit
from tests.api.callers import STRANGER, Bearer, People
from tests.console.conftest import THE_SCRIPT, Enter
from tests.engine.cases import PROVIDER, REQUESTER
from tests.plays import FILES, FOLDER, on_paper

ROWS = 7
CALENDAR = Calendar.packaged()
LATE = FOLDER / "nantong-2020/refused-late-then-impasse.yaml"


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


def account_of(path: Path) -> Account | None:
    """The account of a scenario's case, some days after its end."""
    play = on_paper(path)
    if play.paper is None or play.filing is None:
        return None
    detail, events = play.detail, play.paper.events
    recorded = RecordedCase(detail.request_id, play.paper.statute, play.paper.policy, detail.application, events)
    return Account(recorded, CALENDAR, events[-1].at + timedelta(days=3))


def named(name: str) -> Account:
    account = account_of(FOLDER / f"{name}.yaml")
    assert account is not None
    return account


ACCOUNTS = [account for path in FILES[::8] if (account := account_of(path)) is not None]


def test_the_stages_passed_are_those_of_the_events_without_gaps() -> None:
    for account in ACCOUNTS:
        events, stages = account.recorded.events, account.stages
        for event in events:
            there = [it.stage for it in stages if it.since <= event.at and (it.until is None or event.at <= it.until)]
            assert event.stage in {*there, Stage.CLOSED}
        assert all(one.until == other.since for one, other in pairwise(stages))
        assert (account.examined.case.stage is Stage.CLOSED) == all(it.until is not None for it in stages)


def test_a_limit_told_day_by_day_ends_on_its_last_day_and_counts_to_its_length() -> None:
    counted = 0
    for account in ACCOUNTS:
        for limit in account.counted.values():
            if not limit.days:
                continue
            clock, numbers = limit.clock, [row.number for row in limit.days if row.number is not None]
            assert limit.days[0].day == day_of(clock.started_at)
            assert limit.days[-1].day == clock.due_date
            if clock.unit is Unit.WORKING_DAY:
                assert numbers == list(range(1, clock.amount + 1))
            counted += 1
    assert counted > 50


def test_who_was_late_is_what_findings_say() -> None:
    late = 0
    for account in ACCOUNTS:
        found = findings_in(account.recorded, CALENDAR, account.now)
        assert list(account.late) == [it for it in found if it.kind is FindingKind.LATE_ANSWER]
        late += len(account.late)
    assert late > 0


def test_a_limit_that_was_met_late_is_nowhere_told_as_kept() -> None:
    account = named("nantong-2020/refused-late-then-impasse")
    told = story(CaseTold(on_paper(LATE).detail, account, []), account.now, None, "zh")["events"]
    met = [row for row in told if row["event"].type is EventType.CLOCK_MET]
    assert {row["label"] for row in met if row["late"]} == {label("clock_state", "met_late", "zh")}
    assert {row["label"] for row in met if not row["late"]} == {label("event", "clock_met", "zh")}


def test_rounds_have_what_each_side_said_in_order() -> None:
    account = named("nantong-2020/refused-late-then-impasse")
    said = [each for it in account.rounds for each in it.said]
    assert [each.event.seq for each in said] == sorted(each.event.seq for each in said)
    told = {each.event.type for each in said}
    assert EventType.IMPASSE_DECLARED in told
    assert not told & {EventType.URGED, EventType.CLOCK_STARTED}
    proposals = sum(event.type is EventType.TERMS_PROPOSED for event in account.recorded.events)
    assert max(it.number for it in account.rounds) <= proposals


def test_what_a_supplement_changed_stands_before_and_after() -> None:
    accounts = [account for path in FILES[::4] if (account := account_of(path)) is not None]
    changed = [(account, change) for account in accounts for change in account.changes]
    fields = [(account, it) for account, it in changed if it.clock is None]
    assert fields
    for account, it in fields:
        assert it.event.data["changed"][it.name] == it.after
        assert it.before != it.after or it.before is None
        assert it.name in type(account.recorded.unfiled.application).model_fields
    moved = [it for _, it in changed if it.clock is not None]
    assert moved
    for it in moved:
        assert it.clock is not None
        assert it.after == it.clock.due_date
        assert it.why


def test_the_drawing_has_each_stage_and_limit_and_a_cell_for_every_day() -> None:
    account = named("nantong-2020/refused-late-then-impasse")
    play = on_paper(LATE)
    told = story(CaseTold(play.detail, account, []), account.now, None, "zh")
    months = [str(month) for month in told["drawn"]["months"]]
    for month in months:
        first = date.fromisoformat(f"{re.findall('aria-label=.([0-9-]{7})', month)[0]}-01")
        after = (first + timedelta(days=32)).replace(day=1)
        assert len(re.findall(r'class="(?:work|weekend|off|makeup)"', month)) == (after - first).days
    drawn = "".join(months)
    for it in account.stages:
        assert f">{label('stage', it.stage, 'zh')[:5]}<" in drawn
    for clock in account.clocks:
        assert f'class="c">{clock.number}<' in drawn
    late = [clock for clock in account.clocks if clock.state is ClockState.MET_LATE]
    assert late
    assert 'class="late"' in drawn
    assert "style=" not in drawn


def test_an_account_is_the_same_over_the_api_and_in_words_of_both_languages() -> None:
    for path in FILES[::25]:
        account, play = account_of(path), on_paper(path)
        if account is None:
            continue
        for language in ("zh", "en"):
            told = CaseTold(play.detail, account, [])
            out = account_out(told, language)
            assert [it.stage for it in out.stages] == [it.stage for it in account.stages]
            assert len(out.limits) == len(account.clocks)
            assert story(told, account.now, None, language)["events"][-1]["event"] == account.recorded.events[-1]


def test_of_many_events_the_latest_are_told_and_the_way_leads_to_those_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = max(ACCOUNTS, key=lambda account: len(account.recorded.events))
    play = next(
        on_paper(path)
        for path in FILES[::8]
        if (it := account_of(path)) and it.recorded.request_id == long.recorded.request_id
    )
    monkeypatch.setattr(case_story, "ROWS", ROWS)
    assert len(long.recorded.events) > 2 * ROWS
    seen, before = list[int](), None
    while True:
        told = story(CaseTold(play.detail, long, []), long.now, before, "zh")
        rows = [row["event"].seq for row in told["events"]]
        assert 0 < len(rows) <= ROWS
        seen = [*rows, *seen]
        if told["earlier"] is None:
            break
        before, left = told["earlier"]
        assert left == before - 1
    assert seen == [event.seq for event in long.recorded.events]


async def test_the_page_tells_all_that_happened(people: People, enter: Enter) -> None:
    request_id = await people.file()
    bureau, provider = await enter(Role.BUREAU, "bureau"), await enter(Role.PROVIDER, PROVIDER)
    requester, stranger = await enter(Role.REQUESTER, REQUESTER), await enter(Role.REQUESTER, STRANGER)
    await bureau.give(request_id, "accept")
    long = "理" * 4_001 + "末"
    refused = await provider.give(request_id, "refuse", reason=f"<b>{long}</b>", legal_basis="条例第五条")
    assert refused.status_code == 303, refused.text
    await requester.give(request_id, "open_negotiation", justification="因履行职责确需使用")
    proposed = await requester.give(request_id, "propose", **{"terms.scope": "姓名", "terms": "不得留存"})
    assert proposed.status_code == 303, proposed.text
    page = (await requester.get(f"/cases/{request_id}")).text
    assert page.count("<h1>") == 1
    assert "style=" not in page
    assert "<script" not in page.replace(THE_SCRIPT, "")
    assert "<svg" in page
    assert 'data-present="true"' in page
    assert f'aria-current="step">{label("stage", "negotiation", "zh")}' in page
    assert label("console", "whole_text", "zh").format(number=4_009) in page
    assert "&lt;b&gt;理" in page
    assert "起算当日" in page
    for word in ("dispute_rounds", "lateness", "stages_passed", "drawn", "papers", "notes"):
        assert label("console", word, "zh") in page
    assert "共享范围：姓名；条件：不得留存" in page
    assert "共享范围：姓名；条件：不得留存" in (await requester.get("/disputes")).text
    events = page.partition('id="events"')[2].partition("<h2")[0]
    assert PROVIDER not in events.replace(f"@{PROVIDER}", "")
    for path in re.findall(rf'href="(/cases/{request_id}/papers/[^"]+)"', page):
        paper = await requester.get(path)
        assert (paper.status_code, f'href="/cases/{request_id}"' in paper.text) == (200, True)
        assert (await stranger.get(path)).status_code == 404
    assert f"/cases/{request_id}/papers/application" in page
    assert (await requester.get(f"/cases/{request_id}/papers/notice-999")).status_code == 404
    assert (await requester.get(f"/cases/{request_id}/attachments/{'0' * 64}")).status_code == 404
    assert (await requester.get(f"/cases/{request_id}/attachments/xyz")).status_code == 404
    for said, status in (("before=3", 200), ("before=x", 400), ("before=0", 400), ("notes=x", 400)):
        assert (await requester.get(f"/cases/{request_id}?{said}")).status_code == status
    assert 'id="e2"' in (await requester.get(f"/cases/{request_id}?before=3")).text
    for path in ("account", "diagram"):
        assert (await people.get("requester", f"/v1/requests/{request_id}/{path}")).status_code == 200
        assert (await people.get("stranger", f"/v1/requests/{request_id}/{path}")).status_code == 404
    drawing = await people.get("bureau", f"/v1/cases/{request_id}/diagram")
    assert drawing.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in drawing.headers["content-security-policy"]


async def test_a_chain_is_told_to_those_who_may_see_its_cases(people: People, enter: Enter) -> None:
    opened = await people.post(
        "requester",
        "/v1/cases",
        {
            "procedure": "demand",
            "statute": "nantong-2020",
            "request": {
                "requester": {"code": REQUESTER, "name": "南通市民政局"},
                "provider": {"code": PROVIDER, "name": "南通市公安局"},
                "description": "常住人口基本信息",
                "purpose": "低保资格核验",
            },
        },
        **{"Idempotency-Key": "chain-of-the-console"},
    )
    assert opened.status_code == 201, opened.text
    demand = opened.json()["request_id"]
    resource = {
        "resource": {
            "code": "NT-GA-0001",
            "name": "常住人口",
            "sharing_class": "conditional",
            "authorization": "provider",
        }
    }
    await people.give("provider", demand, "undertake")
    published = await people.give("provider", demand, "publish", **resource)
    assert published.status_code == 200, published.text
    followed = await people.give("requester", demand, "file_request", item_count=3, justification="履职", scope="姓名")
    assert followed.status_code == 200, followed.text
    request_id = followed.json()["case"]["opens"][0]["request_id"]
    told = await _account(people, request_id)
    assert [(it["request_id"], it["depth"], it["present"]) for it in told["chain"]] == [
        (demand, 0, False),
        (request_id, 1, True),
    ]
    page = (await (await enter(Role.REQUESTER, REQUESTER)).get(f"/cases/{request_id}")).text
    assert f'<a href="/cases/{demand}">' in page


async def _account(people: People, request_id: str) -> dict[str, list[dict[str, object]]]:
    for _ in range(100):
        answer = await people.get("bureau", f"/v1/cases/{request_id}/account")
        if answer.status_code == 200:
            return dict(answer.json())
        await asyncio.sleep(0.1)
    raise AssertionError(answer.text)
