"""Filing over HTTP: what is answered, once and again."""

import asyncio

import httpx
import pytest

from domain.words import Role
from tests.api.callers import STRANGER, Bearer, People, filing, fresh_key
from tests.engine.cases import REQUESTER


async def test_a_filing_is_answered_with_the_case_its_first_clock_and_who_holds_it(people: People) -> None:
    answer = await people.post("requester", "/v1/requests", filing(), **fresh_key())
    case = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/requests/{case['request_id']}" == case["links"]["self"]
    assert (case["stage"], case["stage_label"], case["head"]) == ("completeness_check", "规范性审查", 2)
    assert [(c["id"], c["basis"], c["article"], c["state"]) for c in case["clocks"]] == [
        ("completeness_check", "statute", "21", "running")
    ]
    assert case["waiting_for"] == [{"role": "bureau", "role_label": "主管部门", "org": None, "name": "市大数据管理局"}]
    again = await people.get("requester", case["links"]["self"])
    assert (again.json(), again.headers["etag"]) == (case, answer.headers["etag"])


async def test_the_fields_of_the_application_may_stand_beside_the_statute(people: People) -> None:
    body = filing()
    flat = {"statute": body["statute"], **body["request"]}
    answer = await people.post("requester", "/v1/requests", flat, **fresh_key())
    assert answer.status_code == 201
    assert answer.json()["requester"]["code"] == REQUESTER


async def test_the_same_key_and_body_answer_as_the_first_time_though_the_case_has_closed(people: People) -> None:
    key, body = fresh_key(), filing("changshu-2019")
    first = await people.post("requester", "/v1/requests", body, **key)
    request_id = first.json()["request_id"]
    assert (await people.give("provider", request_id, "grant", terms={"scope": "姓名"})).status_code == 200
    second = await people.post("requester", "/v1/requests", body, **key)
    assert second.json() == first.json()
    assert (second.status_code, second.headers["etag"]) == (201, first.headers["etag"])
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    now = await people.get("requester", f"/v1/requests/{request_id}")
    assert (now.json()["stage"], now.json()["outcome"]) == ("closed", "granted")


async def test_the_same_key_with_another_body_is_refused(people: People) -> None:
    key = fresh_key()
    await people.post("requester", "/v1/requests", filing(), **key)
    other = await people.post("requester", "/v1/requests", filing(purpose="另一目的"), **key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_keys_of_different_organisations_do_not_meet(api: httpx.AsyncClient, bearer: Bearer) -> None:
    key = fresh_key()
    ids = set()
    for org in (REQUESTER, STRANGER):
        body = filing(requester={"code": org, "name": "某局"})
        answer = await api.post("/v1/requests", json=body, headers={**bearer(Role.REQUESTER, org), **key})
        assert answer.status_code == 201
        ids.add(answer.json()["request_id"])
    assert len(ids) == 2


async def test_two_hundred_filings_of_one_key_at_once_make_one_case(people: People) -> None:
    key, body = fresh_key(), filing(purpose="同时提出二百次")
    answers = await asyncio.gather(*(people.post("requester", "/v1/requests", body, **key) for _ in range(200)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    request_id = answers[0].json()["request_id"]
    told = await people.get("requester", f"/v1/requests/{request_id}/events")
    assert [event["type"] for event in told.json()["items"]] == ["filed", "clock_started"]


async def test_a_filing_needs_a_key(people: People) -> None:
    answer = await people.post("requester", "/v1/requests", filing())
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")


async def test_a_department_files_for_itself_and_the_platform_for_the_departments_of_its_places(
    api: httpx.AsyncClient, bearer: Bearer
) -> None:
    async def try_as(headers: dict[str, str]) -> tuple[int, str | None]:
        answer = await api.post("/v1/requests", json=filing(), headers={**headers, **fresh_key()})
        return answer.status_code, answer.json().get("code")

    assert await try_as(bearer(Role.REQUESTER, STRANGER)) == (403, "not_a_party")
    assert await try_as(bearer(Role.PROVIDER, REQUESTER)) == (403, "not_a_party")
    assert await try_as(bearer(Role.BUREAU, REQUESTER)) == (403, "not_a_party")
    assert await try_as(bearer(Role.PLATFORM, "p", ["changshu"])) == (403, "not_a_party")
    assert (await try_as(bearer(Role.PLATFORM, "p", ["nantong"])))[0] == 201


@pytest.mark.parametrize(
    ("statute", "changes", "status", "code", "article"),
    [
        ("nowhere-2020", {}, 422, "unknown_statute", None),
        ("zhejiang-2014", {"sharing_class": "not_shared"}, 422, "class_not_shareable", "6"),
        ("nantong-2020", {"contains_state_secret": True}, 422, "secret_data_excluded", "3"),
        ("changshu-2019", {"sharing_class": "not_shared"}, 422, "justification_required", "19"),
        ("yima-2021", {"item_count": None}, 422, "application_incomplete", "15"),
        ("yima-2021", {"scope": "\u200b\u2060\ufeff"}, 422, "application_incomplete", "15"),
        ("nantong-2020", {"provider": {"code": "p", "name": "\u3164"}}, 422, "application_incomplete", None),
    ],
)
async def test_what_the_rules_refuse_is_told_with_code_and_article(
    people: People, statute: str, changes: dict[str, object], status: int, code: str, article: str | None
) -> None:
    answer = await people.post("requester", "/v1/requests", filing(statute, **changes), **fresh_key())
    said = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, said["code"], said.get("article")) == (status, code, article)


async def test_problems_are_told_in_the_readers_language_with_the_fields_path(people: People) -> None:
    body = filing()
    body["request"]["resource"]["sharing_class"] = "secret"
    chinese = await people.post("requester", "/v1/requests", body, **fresh_key())
    english = await people.post("requester", "/v1/requests", body, **fresh_key(), **{"Accept-Language": "en-GB"})
    assert (chinese.headers["content-language"], english.headers["content-language"]) == ("zh-CN", "en")
    assert chinese.json()["title"] == "请求中有不能使用的内容"
    assert english.json()["title"] == "Something in the request cannot be used"
    for answer in (chinese, english):
        assert answer.status_code == 422
        assert [error["path"] for error in answer.json()["errors"]] == ["request.resource.sharing_class"]
    assert "conditional" in english.json()["errors"][0]["reason"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed_json"),
        (b'{"statute": "a", "statute": "b"}', "application/json", 400, "malformed_json"),
        (b'{"statute": NaN}', "application/json", 400, "malformed_json"),
        (b"[" * 100_000, "application/json", 400, "malformed_json"),
        (b'{"statute": "\xff"}', "application/json", 400, "malformed_json"),
        (b"statute=nantong-2020", "application/x-www-form-urlencoded", 415, "wrong_type"),
        (b"{}", "application/json; charset=gbk", 415, "wrong_type"),
        (b'{"statute": "' + b"x" * 1_100_000 + b'"}', "application/json", 413, "too_large"),
    ],
)
async def test_a_body_that_cannot_be_read_is_told_why(
    people: People, body: bytes, content_type: str, status: int, code: str
) -> None:
    headers = {**people.headers["requester"], **fresh_key(), "Content-Type": content_type}
    answer = await people.api.post("/v1/requests", content=body, headers=headers)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_body_without_a_stated_length_is_cut_off_too(people: People) -> None:
    async def endless() -> object:
        for _ in range(64):
            yield b" " * 65536

    headers = {**people.headers["requester"], **fresh_key(), "Content-Type": "application/json"}
    answer = await people.api.post("/v1/requests", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


# Under which text


async def test_a_filing_without_a_statute_takes_the_text_in_force_in_its_jurisdiction(people: People) -> None:
    body = filing()
    del body["statute"]
    for under in ({"jurisdiction": "nantong", **body}, {"jurisdiction": "nantong", **body["request"]}):
        answer = await people.post("requester", "/v1/requests", under, **fresh_key())
        case = answer.json()
        assert answer.status_code == 201, answer.text
        assert case["statute"] == "nantong-2020+809"
        assert [(c["id"], c["statute"], c["article"]) for c in case["clocks"]] == [
            ("completeness_check", "nantong-2020+809", "21")
        ]


async def test_without_both_the_one_place_of_the_token_counts(api: httpx.AsyncClient, bearer: Bearer) -> None:
    body = {"request": filing()["request"]}
    headers = {**bearer(Role.REQUESTER, REQUESTER, places=["changshu"]), **fresh_key()}
    answer = await api.post("/v1/requests", json=body, headers=headers)
    assert (answer.status_code, answer.json()["statute"]) == (201, "changshu-2019+809")
    assert (await api.post("/v1/requests", json=body, headers=headers)).json() == answer.json()


@pytest.mark.parametrize("places", [[], ["changshu", "nantong"], ["*"]])
async def test_without_both_and_no_one_place_the_caller_is_asked(
    places: list[str], api: httpx.AsyncClient, bearer: Bearer
) -> None:
    headers = {**bearer(Role.REQUESTER, REQUESTER, places=places), **fresh_key()}
    answer = await api.post("/v1/requests", json={"request": filing()["request"]}, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid")
    assert [error["path"] for error in problem["errors"]] == ["statute"]
    assert "jurisdiction" in problem["errors"][0]["reason"]


async def test_a_jurisdiction_in_which_nothing_is_in_force_is_refused(people: People) -> None:
    body = {"jurisdiction": "suzhou", "request": filing()["request"]}
    answer = await people.post("requester", "/v1/requests", body, **fresh_key())
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "unknown_statute")
    assert "没有这个辖区" in problem["title"]
    assert "nantong" in problem["title"]


async def test_a_statute_of_another_jurisdiction_is_refused(people: People) -> None:
    body = {"jurisdiction": "yima", **filing()}
    for path, said in (("/v1/requests", body), ("/v1/cases", {"procedure": "share_request", **body})):
        answer = await people.post("requester", path, said, **fresh_key())
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), path


async def test_a_refusal_names_the_regulation_above(people: People) -> None:
    request_id = await people.file("nantong-2020+809")
    answer = await people.give("bureau", request_id, "decline", reason="材料不全")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "decline_not_allowed")
    assert (problem["statute"], problem["article"]) == ("cn-809-2025", "21")
    assert problem["title"].endswith("（《政务数据共享条例》第21条）")
    secret = await people.post(
        "requester", "/v1/requests", filing("yima-2021+809", contains_state_secret=True, item_count=3), **fresh_key()
    )
    assert (secret.json()["statute"], secret.json()["article"]) == ("cn-809-2025", "3")
    own = await people.give("bureau", await people.file(), "decline")
    assert (own.json()["statute"], own.json()["article"]) == ("nantong-2020", "21")
    assert own.json()["title"].endswith("（第21条）")


async def test_a_statute_is_shown_with_what_lies_over_it(people: People) -> None:
    shown = (await people.get("requester", "/v1/statutes/nantong-2020+809")).json()
    rows = {row["part"]: row for row in shown["overlay"]["parts"] if row["how"] != "stays"}
    delivery = rows["limits.delivery"]
    assert (delivery["how"], delivery["stands"]["statute"], delivery["stands"]["article"]) == (
        *("adds", "cn-809-2025", "22"),
    )
    assert (delivery["stands"]["amount"], delivery["instead_of"]) == (20, None)
    assert "overlay" not in (await people.get("requester", "/v1/statutes/nantong-2020")).json()


async def _findings(people: People, request_id: str) -> list[list[str] | None]:
    told = await people.get("requester", f"/v1/requests/{request_id}/events")
    said = ("filed", "granted")
    return [event["data"].get("findings") for event in told.json()["items"] if event["type"] in said]


async def test_what_article_20_wants_declared_is_noted_where_it_is_left_out_and_refuses_nothing(people: People) -> None:
    left_out = {"legal_basis": None, "service_mode": None, "use_until": None}
    bare = await people.file("cn-809-2025", **left_out)
    assert (await people.give("provider", bare, "grant", terms={"scope": "姓名"})).status_code == 200
    consent = "no_office_head_consent"
    assert await _findings(people, bare) == [[consent, "no_legal_basis", "no_service_mode", "no_use_until"], [consent]]
    declared = {"legal_basis": "社会救助暂行办法", "service_mode": "api", "use_until": "2027-09-30"}
    whole = await people.file("cn-809-2025", **declared, office_head_consent=True)
    answer = await people.give("provider", whole, "grant", terms={"scope": "姓名"}, office_head_consent=True)
    assert answer.status_code == 200
    assert await _findings(people, whole) == [None, None]


async def test_a_consent_is_true_or_false_and_nothing_else(people: People) -> None:
    body = filing()
    body["request"]["office_head_consent"] = "是"
    wrong = await people.post("requester", "/v1/requests", body, **fresh_key())
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid")
    assert "office_head_consent" in wrong.text
