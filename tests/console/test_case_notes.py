"""Notes beside a case: written once, never changed, read by those for whom they are."""

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.cases.notes import LONGEST
from api.context import AppContext
from domain.messages import label
from domain.words import Role
from tests.api.callers import STRANGER, Bearer, People, fresh_key
from tests.console.conftest import Enter
from tests.engine.cases import PROVIDER, REQUESTER


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


async def texts(people: People, who: str, request_id: str) -> list[str]:
    answer = await people.get(who, f"/v1/requests/{request_id}/notes")
    assert answer.status_code == 200, answer.text
    return [it["text"] for it in answer.json()["items"]]


async def test_a_note_is_for_its_own_side_or_for_all_who_see_the_case(people: People, bearer: Bearer) -> None:
    request_id = await people.file()
    path = f"/v1/requests/{request_id}/notes"
    before = (await people.get("auditor", f"/v1/requests/{request_id}")).json()["head"]
    for who, said, shown in (
        ("bureau", "内部：先查目录", "internal"),
        ("provider", "内部：问业务处", "internal"),
        ("bureau", "共享：材料齐全", "shared"),
    ):
        answer = await people.post(who, path, {"text": said, "shown": shown}, **fresh_key())
        assert (answer.status_code, answer.json()["shown"]) == (201, shown), answer.text
    assert await texts(people, "bureau", request_id) == ["共享：材料齐全", "内部：先查目录"]
    assert await texts(people, "provider", request_id) == ["共享：材料齐全", "内部：问业务处"]
    for who in ("requester", "government", "auditor", "operator"):
        assert await texts(people, who, request_id) == ["共享：材料齐全"]
    elsewhere = bearer(Role.BUREAU, "bureau", places=["zhejiang"])
    for headers in (people.headers["stranger"], elsewhere):
        assert (await people.api.get(path, headers=headers)).status_code == 404
        assert (await people.api.post(path, headers=headers, json={"text": "x"})).status_code == 404
    assert (await people.get("auditor", f"/v1/requests/{request_id}")).json()["head"] == before


async def test_the_same_key_notes_once_and_bounds_are_kept(people: People) -> None:
    request_id = await people.file()
    path, key = f"/v1/cases/{request_id}/notes", fresh_key()
    first = await people.post("bureau", path, {"text": "一"}, **key)
    again = await people.post("bureau", path, {"text": "一"}, **key)
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    other = await people.post("bureau", path, {"text": "二"}, **key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    for wrong in (
        {"text": ""},
        {"text": "\u200b "},
        {"text": "x" * 4001},
        {"text": "a\x00"},
        {"text": "x", "shown": "y"},
        {},
    ):
        assert (await people.post("bureau", path, wrong)).status_code == 422
    assert (await people.post("bureau", path, {"text": "末" * 4000})).status_code == 201
    page = (await people.get("bureau", f"{path}?limit=1")).json()
    rest = (await people.get("bureau", f"{path}?limit=1&cursor={page['next']}")).json()
    assert ([len(page["items"][0]["text"]), rest["items"][0]["text"], rest["next"]]) == [4000, "一", None]
    assert (await people.get("bureau", f"{path}?cursor=x")).status_code == 400


async def test_whoever_stands_on_two_sides_says_on_which_it_writes(people: People, bearer: Bearer) -> None:
    request_id = await people.file()
    both = bearer([Role.BUREAU, Role.OPERATOR], "bureau")
    answers = [
        await people.api.post(f"/v1/requests/{request_id}/notes", headers=both, json={"text": "x", **role})
        for role in ({}, {"as": "bureau"}, {"as": "provider"})
    ]
    assert [answer.status_code for answer in answers] == [422, 201, 403]


async def test_audit_writes_nothing_to_a_case(people: People, bearer: Bearer, enter: Enter) -> None:
    request_id = await people.file()
    path = f"/v1/requests/{request_id}/notes"
    for role in ({}, {"as": "auditor"}, {"as": "bureau"}):
        assert (await people.post("auditor", path, {"text": "x", **role})).status_code == 403
    both = bearer([Role.BUREAU, Role.AUDITOR], "bureau")
    answers = [
        await people.api.post(path, headers=both, json={"text": "x", **role}) for role in ({}, {"as": "auditor"})
    ]
    assert [(it.status_code, it.json().get("role")) for it in answers] == [(201, "bureau"), (403, None)]
    auditor = await enter(Role.AUDITOR, "auditor")
    assert 'id="note-form"' not in (await auditor.get(f"/cases/{request_id}")).text


async def test_a_note_is_written_at_the_page_of_its_case(people: People, enter: Enter, context: AppContext) -> None:
    request_id = await people.file()
    bureau, requester = await enter(Role.BUREAU, "bureau"), await enter(Role.REQUESTER, REQUESTER)
    stranger = await enter(Role.PROVIDER, STRANGER)
    page = (await bureau.get(f"/cases/{request_id}")).text
    form = {
        "csrf_token": page.partition('name="csrf_token" value="')[2].partition('"')[0],
        "idempotency_key": page.partition('id="note-form"')[2]
        .partition('idempotency_key" value="')[2]
        .partition('"')[0],
    }
    path = f"/cases/{request_id}/notes"
    wrong = await bureau.send(path, {**form, "text": " ", "shown": "shared"})
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (422, True)
    too_long = label("console", "note_wrong", "zh").format(most=LONGEST)
    for typed, said in (
        ({"text": "短\u202e注", "shown": "shared"}, label("input", "turning_character", "zh")),
        ({"text": "短\x07注", "shown": "shared"}, label("input", "control_character", "zh")),
        ({"text": "短\x85注", "shown": "shared"}, label("input", "control_character", "zh")),
        ({"text": "\u200b", "shown": "shared"}, too_long),
        ({"text": "短注", "shown": ""}, label("console", "note_for_nobody", "zh")),
    ):
        back = await bureau.send(path, {**form, **typed})
        told = back.text.partition('role="alert"')[2].partition("</div>")[0]
        assert (back.status_code, said in told, too_long in told) == (422, True, said == too_long), typed
    assert (await bureau.send(path, {**form, "text": "粘\u200b贴", "shown": "internal"})).status_code == 303
    form["idempotency_key"] += "-2"
    lost = await bureau.send(path, {**form, "text": "写了很多\0", "shown": "shared"})
    assert (lost.status_code, "写了很多" in lost.text) == (400, True)
    written = {**form, "text": "<i>请尽快</i>", "shown": "shared"}
    answers = [await bureau.send(path, written) for _ in range(2)]
    assert [(it.status_code, it.headers["location"]) for it in answers] == [(303, f"/cases/{request_id}#notes")] * 2
    assert (await requester.get(f"/cases/{request_id}")).text.count("&lt;i&gt;请尽快&lt;/i&gt;") == 1
    theirs = (await stranger.get("/desk")).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert (await stranger.send(path, {**written, "csrf_token": theirs})).status_code == 404
    changes = ("UPDATE console_notes SET text = 'x'", "DELETE FROM console_notes", "TRUNCATE console_notes")
    for change in changes:
        with pytest.raises(DBAPIError), context.reader.engine.begin() as connection:
            connection.execute(text(change))


async def test_the_provider_of_another_case_reads_nothing_here(people: People) -> None:
    request_id = await people.file()
    assert PROVIDER != STRANGER
    assert (await people.get("stranger", f"/v1/requests/{request_id}/notes")).status_code == 404
