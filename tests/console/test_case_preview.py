"""What a command would do, before it is sent: as it then does, with nothing recorded."""

import html
import re
from typing import Any

import httpx
import pytest

from domain.calendar import Calendar
from domain.engine.evolve import evolve_all
from domain.messages import label
from domain.words import EventType, Role
from embedded.simulate.player import command_of
from starter.preview import effect_of
from tests.api.callers import STRANGER, Bearer, People, fresh_key
from tests.console.conftest import Enter, Person
from tests.engine.cases import PROVIDER, REQUESTER, application
from tests.plays import FILES, on_paper, scenario_of


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


def test_a_preview_tells_what_is_then_recorded() -> None:
    compared = set()
    for path in FILES[::6]:
        scenario, play = scenario_of(path), on_paper(path)
        if play.filing is None or play.paper is None or scenario.calendar == "final":
            continue
        for number, step in enumerate(scenario.steps, start=1):
            command = command_of(scenario, number, step)
            recorded = [event for event in play.paper.events if event.key == command.key]
            before = evolve_all(
                play.filing.case, [e for e in play.paper.events if recorded and e.seq < recorded[0].seq]
            )
            sent_again = bool(recorded) and recorded[0].at < step.at
            if not recorded or sent_again or before.head < play.filing.case.head:
                continue
            effect = effect_of(before, command, step.at, Calendar.packaged())
            assert [(e.seq, e.type, e.article, e.data, e.clock) for e in effect.events] == [
                (e.seq, e.type, e.article, e.data, e.clock) for e in recorded
            ]
            assert effect.after == evolve_all(before, recorded)
            compared.add(command.name)
    assert len(compared) > 25


async def events_of(api: httpx.AsyncClient, bearer: Bearer, request_id: str) -> list[dict[str, Any]]:
    answer = await api.get(f"/v1/cases/{request_id}/events", headers=bearer(Role.AUDITOR))
    return list(answer.json()["items"])


async def seen(person: Person, request_id: str, command: str, **fields: str) -> httpx.Response:
    """Ask for the preview of a command by its form."""
    form = await person.form(request_id, command)
    return await person.send(f"/cases/{request_id}/preview", {**form, **fields})


async def test_a_command_is_seen_before_it_is_sent(
    people: People, enter: Enter, api: httpx.AsyncClient, bearer: Bearer
) -> None:
    request_id = await people.file()
    bureau, stranger = await enter(Role.BUREAU, "bureau"), await enter(Role.PROVIDER, STRANGER)
    before = await events_of(api, bearer, request_id)
    page = await seen(bureau, request_id, "accept")
    assert page.status_code == 200
    about = application().resource.name
    for end in ("</bdi> <small>", "</bdi></a></li>", " - "):
        assert f"{about}{end}" in page.text
    assert all(label("console", word, "zh") in page.text for word in ("nothing_recorded", "limits_started"))
    for said in ("待答复", label("event", "accepted", "zh"), label("clock", "provider_answer", "zh"), "<blockquote"):
        assert said in page.text
    assert label("console", "what_you_typed", "zh") not in page.text
    urged = (await seen(bureau, request_id, "urge", level="notice", reason="<b>尽快</b>")).text
    typed = urged.partition(label("console", "what_you_typed", "zh"))[2].partition("</dl>")[0]
    assert label("urgency", "notice", "zh") in typed
    assert "&lt;b&gt;尽快&lt;/b&gt;" in typed
    assert await events_of(api, bearer, request_id) == before
    told = await api.post(
        f"/v1/requests/{request_id}/commands/preview", json={"command": "accept"}, headers=bearer(Role.BUREAU, "b")
    )
    assert told.status_code == 200, told.text
    foreign = {"csrf_token": await csrf(stranger), "command": "accept"}
    assert (await stranger.send(f"/cases/{request_id}/preview", foreign)).status_code == 404
    assert (await stranger.send(f"/cases/{request_id}/form", foreign)).status_code == 404
    confirmed = await confirm(bureau, request_id, page.text)
    assert (confirmed.status_code, confirmed.headers["location"].partition("?")[0]) == (303, f"/cases/{request_id}")
    after = (await events_of(api, bearer, request_id))[len(before) :]
    assert [event["type"] for event in after] == [event["type"] for event in told.json()["events"]]
    started = [event["clock"] for event in after if event["type"] == EventType.CLOCK_STARTED]
    assert [clock["due_date"] for clock in started] == [clock["due_date"] for clock in told.json()["starts"]]
    again = await confirm(bureau, request_id, page.text)
    assert again.status_code == 303
    assert len(await events_of(api, bearer, request_id)) == len(before) + len(after)


async def test_data_is_granted_until_no_day_that_is_over(
    people: People, enter: Enter, api: httpx.AsyncClient, bearer: Bearer
) -> None:
    request_id = await people.file()
    provider = await enter(Role.PROVIDER, PROVIDER)
    assert (await people.give("bureau", request_id, "accept")).status_code == 200
    form = await provider.form(request_id, "grant")
    day = "expires_on"
    assert f'name="{day}"' in (await provider.get(f"/cases/{request_id}")).text
    before = await events_of(api, bearer, request_id)
    for path in ("preview", "commands"):
        refused = await provider.send(f"/cases/{request_id}/{path}", {**form, day: "2020-01-01"})
        assert (refused.status_code, "使用期限 2020年1月1日 早于今天" in refused.text) == (422, True)
        assert 'value="2020-01-01"' in refused.text
    assert await events_of(api, bearer, request_id) == before
    assert (await provider.send(f"/cases/{request_id}/preview", {**form, day: "2027-01-01"})).status_code == 200


async def test_a_grant_beyond_what_was_asked_or_without_the_consent_that_the_text_wants_is_warned_of(
    people: People, enter: Enter
) -> None:
    request_id = await people.file("cn-809-2025", use_until="2027-03-01")
    provider = await enter(Role.PROVIDER, PROVIDER)
    longer = (await seen(provider, request_id, "grant", expires_on="2028-01-02")).text
    warned = longer.partition("notice warning")[2].partition("</div>")[0]
    assert re.findall('data-caution="(.*?)"', warned) == ["no_office_head_consent", "longer_than_asked"]
    for said in ("2027年3月1日", "2028年1月2日", "第20条", "同意后作出答复", "使用时限"):
        assert said in warned
    asked = {"expires_on": "2027-03-01", "office_head_consent": "true"}
    assert "data-caution" not in (await seen(provider, request_id, "grant", **asked)).text
    assert (await confirm(provider, request_id, longer)).status_code == 303


async def test_what_waits_for_an_answer_is_said_until_it_has_one(people: People, enter: Enter) -> None:
    request_id, bureau = await people.file("cn-809-2025"), await enter(Role.BUREAU, "bureau")

    async def awaited() -> set[str]:
        """For whom the page says that the case waits."""
        page = (await bureau.get(f"/cases/{request_id}")).text
        return set(re.findall(f"<dt>{label('console', 'waits_for', 'zh')}</dt><dd>(\\S+)", page))

    both = {label("role", Role.PROVIDER, "zh"), label("role", Role.BUREAU, "zh")}
    provider = {label("role", Role.PROVIDER, "zh")}
    assert await awaited() == provider
    asked = await people.give("provider", request_id, "request_extension", reason="核对", working_days=5)
    assert (asked.status_code, await awaited()) == (200, both)
    officer, lacking = await enter(Role.PROVIDER, PROVIDER), label("console", "to_be_looked_at", "zh")
    assert lacking in (await officer.get(f"/cases/{request_id}")).text
    granting = (await seen(officer, request_id, "grant")).text
    assert label("role", Role.BUREAU, "zh") not in granting.partition("<dl")[2].partition("</dl>")[0]
    assert (await people.give("provider", request_id, "grant")).status_code == 200
    assert await awaited() == provider
    delivering = (await officer.get(f"/cases/{request_id}")).text
    assert ('data-command="deliver"' in delivering, lacking in delivering) == (True, False)


async def test_whoever_can_carry_nothing_on_is_told_whose_turn_it_is(people: People, enter: Enter) -> None:
    said = {
        "requester": {"code": REQUESTER, "name": "市民政局"},
        "provider": {"code": PROVIDER, "name": "市公安局"},
        "resource": {"code": "GA-0001", "name": "常住人口基本信息"},
        "doubt": "户籍状态与实际不符",
    }
    body = {"procedure": "data_correction", "statute": "zhejiang-2014+809", "request": said}
    filed = await people.post("requester", "/v1/cases", body, **fresh_key())
    request_id, reason = filed.json()["request_id"], {"reason": "与登记簿不一致"}
    bureau, government = await enter(Role.BUREAU, "bureau"), await enter(Role.GOVERNMENT, "government")
    turn = label("console", "others_turn", "zh").partition("{who}")

    async def told(person: Person) -> str | None:
        """Whose turn the page says that it is, and that nothing else is to be done there."""
        page = (await person.get(f"/cases/{request_id}")).text
        assert page.count(f"<dt>{label('console', 'waits_for', 'zh')}</dt>") == 1
        return page.partition(turn[0])[2].partition(turn[2])[0] if turn[2] in page else None

    assert await told(bureau) == "市公安局"
    assert (await people.give("provider", request_id, "explain", reason="数据无误")).status_code == 200
    disputed = await people.give("requester", request_id, "dispute_explanation", negotiation="未果", **reason)
    assert disputed.status_code == 200, disputed.text
    assert (await told(bureau), await told(government)) == (None, "省政府办公厅")
    own = label("console", "urges_itself", "zh")
    assert own in (await bureau.get(f"/cases/{request_id}")).text
    concluded = {"result": "not_agreed", **reason}
    assert (await people.give("bureau", request_id, "conclude_verification", **concluded)).status_code == 200
    assert (await told(bureau), await told(government)) == ("省政府", None)
    assert own not in (await bureau.get(f"/cases/{request_id}")).text


async def test_what_was_typed_and_not_sent_says_so_and_is_thrown_away_at_will(people: People, enter: Enter) -> None:
    request_id, bureau = await people.file(), await enter(Role.BUREAU, "bureau")
    case, draft = f"/cases/{request_id}", label("console", "unsent_draft", "zh")
    assert draft not in (await bureau.get(case)).text
    await seen(bureau, request_id, "urge", level="yellow", reason="昨日的理由")
    kept = (await bureau.get(case)).text
    assert (kept.count(draft), "昨日的理由" in kept) == (1, True)
    form = await bureau.form(request_id, "urge")
    assert (await bureau.send(f"{case}/clear", {**form, "csrf_token": "x"})).status_code == 403
    assert "昨日的理由" in (await bureau.get(case)).text
    cleared = await bureau.send(f"{case}/clear", form)
    assert (cleared.status_code, cleared.headers["location"]) == (303, case)
    empty = (await bureau.get(case)).text
    assert (draft in empty, "昨日的理由" in empty) == (False, False)


async def test_a_form_in_which_nothing_was_typed_is_no_draft(people: People, enter: Enter) -> None:
    request_id, bureau = await people.file(), await enter(Role.BUREAU, "bureau")
    case, draft = f"/cases/{request_id}", label("console", "unsent_draft", "zh")
    assert (await seen(bureau, request_id, "urge", level="notice", reason="")).status_code == 200
    refused = await seen(bureau, request_id, "decline", reason="")
    open_form = refused.text.partition('id="decline-form"')[0].rpartition("<details")[2]
    assert (refused.status_code, open_form.startswith(' class="act" open>'), draft in open_form) == (422, True, False)
    await bureau.send(f"{case}/notes", {"csrf_token": await csrf(bureau), "text": "", "shown": "internal"})
    assert draft not in (await bureau.get(case)).text
    assert (await people.give("bureau", request_id, "accept")).status_code == 200
    assert draft not in (await bureau.get(case)).text


async def test_each_form_of_a_case_keeps_a_draft_of_its_own(people: People, enter: Enter) -> None:
    request_id, bureau = await people.file(), await enter(Role.BUREAU, "bureau")
    case, draft = f"/cases/{request_id}", label("console", "unsent_draft", "zh")
    await seen(bureau, request_id, "urge", level="yellow", reason="催办的理由")
    await seen(bureau, request_id, "decline", reason="不受理的理由")
    token = {"csrf_token": await csrf(bureau)}
    await bureau.send(f"{case}/form", {**token, "text": "备注的草稿", "shown": "internal"})

    async def drafts() -> tuple[int, list[str]]:
        page = (await bureau.get(case)).text
        return page.count(draft), [said for said in ("催办", "不受理", "备注") if f"{said}的" in page]

    assert await drafts() == (3, ["催办", "不受理", "备注"])
    assert (await bureau.give(request_id, "urge", level="notice", reason="另一个")).status_code == 303
    assert await drafts() == (2, ["不受理", "备注"])
    await bureau.send(f"{case}/clear", {**token, "command": "decline"})
    assert await drafts() == (1, ["备注"])
    await seen(bureau, request_id, "decline", reason="不受理的理由")
    assert (await people.give("bureau", request_id, "accept")).status_code == 200
    assert await drafts() == (2, ["不受理", "备注"])
    cleared = {**token, "command": "decline"}
    assert 'name="command" value="decline"' in (await bureau.get(case)).text
    await bureau.send(f"{case}/clear", cleared)
    await bureau.send(f"{case}/clear", token)
    assert await drafts() == (0, [])


async def csrf(person: Person) -> str:
    return (await person.get("/desk")).text.partition('name="csrf_token" value="')[2].partition('"')[0]


async def confirm(person: Person, request_id: str, page: str) -> httpx.Response:
    """Press the button of a preview."""
    form = next(form for form in page.split("<form") if "data-command=" in form)
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return await person.send(f"/cases/{request_id}/commands", {name: html.unescape(value) for name, value in hidden})


async def test_a_preview_refuses_as_the_command_does_and_keeps_what_was_typed(people: People, enter: Enter) -> None:
    request_id = await people.file()
    bureau = await enter(Role.BUREAU, "bureau")
    without = await seen(bureau, request_id, "return_for_supplement", reason="理由 <b>")
    given = await bureau.give(request_id, "return_for_supplement", reason="理由 <b>")
    assert (without.status_code, given.status_code) == (422, 422)
    told = [page.text.partition('role="alert"')[2].partition("</div>")[0] for page in (without, given)]
    assert told[0] == told[1]
    assert "理由 &lt;b&gt;</textarea>" in without.text
    page = await seen(bureau, request_id, "return_for_supplement", missing="盖章的申请表\r\n用途说明")
    form = dict(await bureau.form(request_id, "return_for_supplement"))
    back = await bureau.send(f"/cases/{request_id}/form", {**form, "missing": "盖章的申请表\r\n用途说明"})
    assert page.status_code == back.status_code == 200
    assert "盖章的申请表\r\n用途说明</textarea>" in back.text
    assert 'role="alert"' not in back.text


async def test_papers_are_added_row_by_row(
    people: People, enter: Enter, api: httpx.AsyncClient, bearer: Bearer
) -> None:
    request_id = await people.file()
    bureau, requester = await enter(Role.BUREAU, "bureau"), await enter(Role.REQUESTER, REQUESTER)
    await bureau.give(request_id, "return_for_supplement", missing="盖章的申请表")
    form = await requester.form(request_id, "supplement")
    typed = {**form, "documents.0.name": "申请表.pdf", "documents.0.sealed": "true", "more": "documents"}
    more = (await requester.send(f"/cases/{request_id}/form", typed)).text
    assert 'name="documents.3.name"' in more
    assert 'value="申请表.pdf"' in more
    sent = {name: value for name, value in typed.items() if name != "more"} | {"documents.3.name": "补充.pdf"}
    wrong = await requester.send(f"/cases/{request_id}/commands", {**sent, "item_count": "三"})
    assert wrong.status_code == 422
    assert (
        label("application_field", "item_count", "zh") in wrong.text.partition('role="alert"')[2].partition("</div>")[0]
    )
    assert 'value="补充.pdf"' in wrong.text
    done = await requester.send(f"/cases/{request_id}/commands", sent)
    assert done.status_code == 303, done.text
    supplemented = [e for e in await events_of(api, bearer, request_id) if e["type"] == EventType.SUPPLEMENTED]
    documents = supplemented[0]["data"]["documents"]
    assert [(it["name"], it["sealed"]) for it in documents] == [("申请表.pdf", True), ("补充.pdf", False)]


async def test_the_preview_of_the_api_has_the_refusals_of_the_command(
    people: People, api: httpx.AsyncClient, bearer: Bearer
) -> None:
    request_id = await people.file()
    for body, who in (
        ({"command": "grant"}, bearer(Role.PROVIDER, PROVIDER)),
        ({"command": "decline"}, bearer(Role.BUREAU, "b")),
        ({"command": "accept"}, bearer(Role.PROVIDER, PROVIDER)),
        ({"command": "accept", "with": {"no": 1}}, bearer(Role.BUREAU, "b")),
        ({"command": "fulfil"}, bearer(Role.BUREAU, "b")),
        ({"command": "accept"}, bearer(Role.PROVIDER, STRANGER)),
        ({"command": "accept"}, {**bearer(Role.BUREAU, "b"), "If-Match": '"99"'}),
    ):
        answers = [
            await api.post(f"/v1/cases/{request_id}/commands{path}", json=body, headers=who)
            for path in ("", "/preview")
        ]
        assert answers[0].status_code >= 400
        assert answers[0].json() == answers[1].json()
        assert answers[0].status_code == answers[1].status_code
