"""Signing in, the desk, a case and its forms, over HTTP."""

import re

import httpx
import pytest

from api.app import create_app
from api.context import AppContext
from console.app import add_console
from console.onward import WANTED
from domain.messages import label, words
from domain.words import Role
from tests.api.callers import STRANGER, Bearer, People
from tests.console.conftest import THE_SCRIPT, Enter, Person
from tests.engine.cases import PROVIDER


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


@pytest.mark.parametrize("path", ["/desk", "/stuck", "/cases/NANTONG-1"])
async def test_whoever_is_signed_out_is_led_to_the_way_in(door: httpx.AsyncClient, path: str) -> None:
    answer = await door.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


async def test_who_signs_in_comes_to_the_page_that_was_asked_for_once(door: httpx.AsyncClient) -> None:
    asked = await door.get("/cases/NANTONG-1?done=3")
    kept = asked.headers["set-cookie"].partition(";")[0]
    entered = await door.post("/sign-in", data={"role": "auditor"}, headers={"Cookie": kept})
    door.cookies.clear()
    assert entered.headers["location"] == "/cases/NANTONG-1?done=3"
    assert f'{kept.partition("=")[0]}="";' in entered.headers["set-cookie"]
    forged = await door.post(
        "/sign-in", data={"role": "auditor"}, headers={"Cookie": f"{WANTED}=%2F%2Felsewhere.example"}
    )
    door.cookies.clear()
    assert forged.headers["location"] == "/audit"


@pytest.mark.parametrize(("role", "page"), [("bureau", "/desk"), ("operator", "/stuck"), ("auditor", "/audit")])
async def test_everybody_begins_where_the_own_work_is(door: httpx.AsyncClient, role: str, page: str) -> None:
    entered = await door.post("/sign-in", data={"role": role})
    door.cookies.clear()
    cookie = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
    assert entered.headers["location"] == (await door.get("/", headers=cookie)).headers["location"] == page


async def test_the_demonstration_offers_the_departments_for_which_something_waits(
    door: httpx.AsyncClient, people: People, enter: Enter
) -> None:
    await (await enter(Role.BUREAU, "bureau")).give(await people.file(), "accept")
    page = (await door.get("/sign-in")).text
    assert re.search(rf'<option value="{PROVIDER}">.+</option>', page)
    assert all(texts["zh"] in page for texts in words("role_does").values())
    chosen = await door.post("/sign-in", data={"role": "provider", "org": PROVIDER, "other_org": "=1+1"})
    assert (chosen.status_code, f'value="{PROVIDER}" selected' in chosen.text) == (422, True)


async def test_an_organ_of_one_place_is_chosen_and_sees_no_other(people: People, door: httpx.AsyncClient) -> None:
    request_id = await people.file()
    assert '<option value="yima">义马市</option>' in (await door.get("/sign-in")).text
    for place, sees in (("nantong", True), ("yima", False)):
        entered = await door.post("/sign-in", data={"role": "bureau", "place": place})
        headers = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
        door.cookies.clear()
        assert (await door.get(f"/cases/{request_id}", headers=headers)).is_success is sees
        assert ("<span>南通市</span>" in (await door.get("/desk", headers=headers)).text) is sees
    assert (await door.post("/sign-in", data={"role": "bureau", "place": "nowhere"})).status_code == 422


async def test_every_page_is_under_strict_headers(door: httpx.AsyncClient, enter: Enter) -> None:
    operator = await enter(Role.OPERATOR)
    pages = [await operator.get(path) for path in ("/desk", "/stuck", "/nothing-here", "/cases/NONE")]
    for page in [await door.get("/sign-in"), *pages[:2], pages[3]]:
        assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.text.count("<h1>") == 1
        assert '<html lang="zh-CN">' in page.text
        assert "style=" not in page.text
        assert "<script" not in page.text.replace(THE_SCRIPT, "")
    assert [page.status_code for page in pages] == [200, 200, 404, 404]
    assert (await door.get("/console.css")).headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("path", ["/supervision/", "/desk/", "/cases/NANTONG-1/", "/assessment/?year=2026"])
async def test_nobody_is_sent_to_a_host_that_somebody_made_up(door: httpx.AsyncClient, path: str) -> None:
    answer = await door.get(path, headers={"Host": "elsewhere.example"})
    assert (answer.status_code, "location" in answer.headers) == (404, False)


async def test_every_answer_that_is_no_page_is_under_a_policy_without_rights(
    door: httpx.AsyncClient, people: People, enter: Enter
) -> None:
    auditor, filer = await enter(Role.AUDITOR), await enter(Role.REQUESTER, "market")
    tables = ("/assessment/table", "/assessment/table?form=xlsx", "/audit/findings.csv", "/audit/findings.xlsx")
    logs = ("/audit/log/csv", "/audit/log/ocel", "/audit/log/xes", f"/audit/cases/{await people.file()}/dossier")
    answers = [await auditor.get(path) for path in (*tables, *logs)] + [await filer.get("/file/sheet/template")]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    refusals = [await door.get("/nothing"), await filer.send("/what-if/play", {"scenario": "x" * 2_000_000})]
    assert [refusal.status_code for refusal in refusals] == [404, 413]
    for answer in (*answers, *refusals):
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in answer.headers["cache-control"], answer.url


async def test_a_browser_is_told_with_a_page_and_a_program_as_ever(door: httpx.AsyncClient, enter: Enter) -> None:
    operator, page = await enter(Role.OPERATOR), {"Accept": "text/html,*/*;q=0.8"}
    for path in ("/nothing-here", "/nothing/here"):
        shown = await operator.get(path, **page)
        assert (shown.status_code, label("problem", "not_found", "zh") in shown.text) == (404, True)
        assert shown.headers["content-type"].startswith("text/html")
        assert (await operator.get(path)).json()["code"] == "not_found"
    large = {"scenario": "x" * 2_000_000}
    shown = await operator.send("/what-if/play", large, **page)
    assert (shown.status_code, label("problem", "too_large", "zh") in shown.text) == (413, True)
    assert large["scenario"] in shown.text
    far_too_large = await operator.send("/what-if/play", {"scenario": "x" * 5_000_000}, **page)
    assert (far_too_large.status_code, "xxxx" in far_too_large.text) == (413, False)
    assert (await operator.send("/what-if/play", large)).json()["code"] == "too_large"
    for path in ("/v1/nothing", "/v1/worklist"):
        assert "json" in (await door.get(path, headers=page)).headers["content-type"]


async def test_the_api_answers_as_it_did(door: httpx.AsyncClient) -> None:
    assert (await door.get("/v1/worklist")).json()["code"] == "not_authenticated"
    assert (await door.delete("/v1/worklist")).status_code == 405
    assert not any("desk" in path for path in (await door.get("/openapi.json")).json()["paths"])


async def test_english_is_a_form_away(door: httpx.AsyncClient) -> None:
    answer = await door.post("/language", data={"language": "en", "back": "//elsewhere.example"})
    door.cookies.clear()
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = await door.get("/sign-in", headers={"Cookie": answer.headers["set-cookie"].partition(";")[0]})
    assert '<html lang="en">' in page.text


async def test_no_case_of_others_is_shown_or_acted_on(people: People, enter: Enter) -> None:
    request_id = await people.file()
    stranger, bureau = await enter(Role.PROVIDER, STRANGER), await enter(Role.BUREAU, "bureau")
    assert (await stranger.get(f"/cases/{request_id}")).status_code == 404
    assert (await bureau.get(f"/cases/{request_id}")).status_code == 200
    token = (await stranger.get("/desk")).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"csrf_token": token, "command": "withdraw", "reason": "x", "idempotency_key": "k", "if_match": "*"}
    assert (await stranger.send(f"/cases/{request_id}/commands", form)).status_code == 404
    assert (await stranger.get("/stuck")).status_code == 403


async def test_a_case_is_decided_through_its_forms(people: People, enter: Enter) -> None:
    request_id = await people.file()
    bureau, provider = await enter(Role.BUREAU, "bureau"), await enter(Role.PROVIDER, PROVIDER)
    accepted = await bureau.give(request_id, "accept")
    assert (accepted.status_code, accepted.headers["location"]) == (303, f"/cases/{request_id}?done=3")
    told = label("console", "recorded_now", "zh").format(act=label("event", "accepted", "zh"))
    assert told in (await bureau.get(accepted.headers["location"])).text
    for other in ("1", "99", "²", ""):
        assert 'class="notice good"' not in (await bureau.get(f"/cases/{request_id}?done={other}")).text
    desk = (await provider.get("/desk")).text
    assert "data-light=" in desk
    without = await provider.give(request_id, "refuse", legal_basis="<b>依据</b>")
    assert without.status_code == 422
    assert label("refusal", "reason_required", "zh")[:6] in without.text
    assert "第" in without.text.partition('role="alert"')[2].partition("</div>")[0]
    assert "&lt;b&gt;依据&lt;/b&gt;</textarea>" in without.text
    refused = await provider.give(request_id, "refuse", reason="<script>alert(1)</script>")
    assert refused.status_code == 303
    page = (await provider.get(f"/cases/{request_id}")).text
    assert "<script" not in page.replace(THE_SCRIPT, "")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert label("stage", "refused", "zh") in page


async def test_a_form_of_an_earlier_page_conflicts_and_keeps_what_was_typed(people: People, enter: Enter) -> None:
    request_id = await people.file()
    bureau = await enter(Role.BUREAU, "bureau")
    old = await bureau.form(request_id, "decline")
    await bureau.give(request_id, "urge", level="notice", reason="尽快")
    conflict = await bureau.send(f"/cases/{request_id}/commands", {**old, "reason": "写好的理由"})
    assert conflict.status_code == 409
    assert label("problem", "stale", "zh") in conflict.text
    assert "写好的理由" in conflict.text


async def test_a_form_without_the_token_of_its_session_does_nothing(people: People, enter: Enter) -> None:
    request_id = await people.file()
    bureau = await enter(Role.BUREAU, "bureau")
    form = await bureau.form(request_id, "accept")
    path = f"/cases/{request_id}/commands"
    for wrong in ({}, {"csrf_token": (await (await enter(Role.OPERATOR)).get("/desk")).text[:64]}):
        said = {name: value for name, value in form.items() if name != "csrf_token"} | wrong
        answer = await bureau.send(path, said)
        assert answer.status_code == 403
        assert label("console", "form_expired", "zh") in answer.text
    assert (await bureau.send(path, form, Origin="http://elsewhere.example")).status_code == 403
    assert (await bureau.send(path, form, Origin="http://127.0.0.1:8080")).status_code == 303


async def test_what_was_typed_is_shown_once_more_when_the_form_cannot_be_taken(
    people: People, enter: Enter, door: httpx.AsyncClient
) -> None:
    request_id = await people.file()
    bureau, path = await enter(Role.BUREAU, "bureau"), f"/cases/{request_id}/commands"
    typed = {"command": "urge", "level": "notice", "from": "2026-09-01", "reason": "写了很久的<b>理由</b>"}
    strange = await bureau.send(path, typed)
    many = await bureau.send(path, {f"field{number}": "x" for number in range(1100)})
    assert (many.status_code, label("console", "form_unreadable", "zh") in many.text) == (400, True)
    ended = await door.post(path, data=typed)
    for answer in (strange, ended):
        assert answer.status_code == 403
        assert "写了很久的&lt;b&gt;理由&lt;/b&gt;" in answer.text
        assert label("console", "reason", "zh") in answer.text.partition("<dl")[2]
        assert all(said in answer.text for said in ("提醒", "2026年9月1日", label("console", "audit_from", "zh")))
    assert label("console", "session_ended", "zh") in ended.text
    for page in ("/file", "/file/preview"):
        unfiled = await door.post(page, data={"purpose": "写了很久的用途"}, files={"document": ("a.pdf", b"%PDF-1.7")})
        assert (unfiled.status_code, "写了很久的用途" in unfiled.text) == (403, True)
        large = await door.post(
            page, data={"purpose": "写了很久的用途"}, files={"document": ("a.pdf", bytes(5_000_000))}
        )
        assert (large.status_code, label("console", "session_ended", "zh") in large.text) == (403, True)
        assert "写了很久的用途" not in large.text
    forged = await door.post(path, data=typed, headers={"Origin": "http://elsewhere.example"})
    assert (forged.status_code, forged.headers["location"]) == (303, "/sign-in")
    assert "写了很久的" not in (await bureau.send(path, typed, Origin="http://elsewhere.example")).text


async def test_signing_out_ends_the_session_for_good(enter: Enter) -> None:
    auditor = await enter(Role.AUDITOR)
    page = (await auditor.get("/desk")).text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert (await auditor.send("/sign-out", {})).status_code == 403
    assert (await auditor.get("/desk")).status_code == 200
    assert (await auditor.send("/sign-out", {"csrf_token": token})).headers["location"] == "/sign-in"
    assert (await auditor.get("/desk")).headers["location"] == "/sign-in"


async def test_nobody_chooses_who_he_is_but_in_the_demonstration(context: AppContext, door: httpx.AsyncClient) -> None:
    app = create_app(context)
    add_console(app, context, demonstration=False)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as real:
        assert label("console", "no_way_in", "zh") in (await real.get("/sign-in")).text
        assert (await real.post("/sign-in", data={"role": "operator"})).status_code == 403
    rebound = await door.post("/sign-in", data={"role": "operator"}, headers={"Host": "elsewhere.example"})
    assert rebound.status_code == 403


async def test_whoever_audits_and_is_of_the_bureau_decides_as_the_bureau_alone(
    door: httpx.AsyncClient, people: People
) -> None:
    answer = await door.post("/sign-in", data={"role": ["auditor", "bureau"], "org": "bureau"})
    door.cookies.clear()
    both, request_id = Person(door, answer.headers["set-cookie"].split("=", 1)[1].split(";")[0]), await people.file()
    assert (await both.give(request_id, "accept", **{"as": "auditor"})).status_code == 403
    assert (await both.give(request_id, "accept")).status_code == 303
    events = (await people.get("auditor", f"/v1/requests/{request_id}/events")).json()["items"]
    assert [it["actor"]["role"] for it in events if it["type"] == "accepted"] == ["bureau"]
