"""What comes back: values that outlive their server's version, and errors with code and article."""

import inspect
import json
from typing import Any

import pytest

import starter
from shareflow import AsyncClient, Client, ShareflowError, UnexpectedAnswer
from shareflow._webhook_admin import AsyncWebhooks, Webhooks
from tests.client import responses
from tests.client.both import Maker
from tests.client.faulty_server import FaultyServer, json_answer, page, problem

AWAITING = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}


@pytest.mark.parametrize(("one", "other"), [(Client, AsyncClient), (Webhooks, AsyncWebhooks)])
def test_both_clients_have_the_same_methods(one: type, other: type) -> None:
    assert _signatures(one) == _signatures(other)


def _signatures(of: type) -> dict[str, str]:
    found = {}
    for name, method in vars(of).items():
        if callable(method) and name != "__init__" and (not name.startswith("_") or name.endswith("__")):
            signature = str(inspect.signature(method))
            for awaiting, blocking in (("collections.abc.AsyncGenerator[", "Iterator["), (", None]", "]")):
                signature = signature.replace(awaiting, blocking)
            found[AWAITING.get(name, name)] = signature.replace("collections.abc.Iterator", "Iterator")
    return found


def test_both_are_made_in_the_same_way() -> None:
    one, other = (inspect.signature(of).parameters for of in (Client, AsyncClient))
    assert list(one) == list(other)
    assert [each.default for each in one.values()] == [each.default for each in other.values()]


async def test_what_a_newer_server_adds_does_no_harm(make: Maker, faulty: FaultyServer) -> None:
    newer = responses.case(stage="a_new_stage", mood="fine", requester={"code": "1132", "name": "局", "rank": 3})
    faulty.will(json_answer(200, newer))
    case = await make(faulty.url)("get", "NANTONG-1")
    assert (case.stage, case.requester.code, case.clocks) == ("a_new_stage", "1132", ())
    with pytest.raises(LookupError, match="provider_answer has started in NANTONG-1"):
        case.clock("provider_answer")


@pytest.mark.parametrize(
    ("answer", "name", "code", "status"),
    [
        (problem(400, "idempotency_key_required"), "InvalidInput", "idempotency_key_required", 400),
        (problem(401, "bad_token"), "NotAuthenticated", "bad_token", 401),
        (problem(403, "role_required"), "Forbidden", "role_required", 403),
        (problem(404, "not_found"), "NotFound", "not_found", 404),
        (problem(409, "wrong_stage"), "RequestRefused", "wrong_stage", 409),
        (problem(412, "stale"), "Stale", "stale", 412),
        (problem(413, "too_large"), "InvalidInput", "too_large", 413),
        (problem(415, "wrong_type"), "InvalidInput", "wrong_type", 415),
        (problem(422, "invalid"), "InvalidInput", "invalid", 422),
        (problem(422, "key_reused"), "KeyReused", "key_reused", 422),
        (problem(422, "reason_required", statute="nantong-2020"), "RequestRefused", "reason_required", 422),
        (problem(418, "teapot"), "UnexpectedAnswer", "teapot", 418),
        (problem(500, "defect"), "Unavailable", "defect", 500),
        (problem(500, "needs_operator"), "NeedsOperator", "needs_operator", 500),
        (page(404, "<h1>nginx</h1>"), "NotFound", "http_404", 404),
        (json_answer(409, ["not a problem"]), "RequestRefused", "http_409", 409),
    ],
)
async def test_errors_are_exceptions(
    make: Maker, faulty: FaultyServer, answer: Any, name: str, code: str, status: int
) -> None:
    faulty.will(answer)
    with pytest.raises(ShareflowError) as raised:
        await make(faulty.url)("command", "NANTONG-1", "grant")
    assert type(raised.value) is getattr(starter, name)
    assert (raised.value.code, raised.value.status) == (code, status)


async def test_an_error_says_all_that_the_server_said(make: Maker, faulty: FaultyServer) -> None:
    faulty.will(
        problem(
            422,
            "invalid",
            detail="两处有误",
            article="第十八条",
            statute=None,
            details={"most": 10},
            errors=[{"path": "request.provider.code", "reason": "is missing"}, "nonsense"],
        )
    )
    with pytest.raises(starter.InvalidInput) as raised:
        await make(faulty.url, language="en")("file", "nantong-2020", {})
    error = raised.value
    assert (error.article, error.detail) == ("第十八条", "两处有误")
    assert error.errors == (starter.FieldError("request.provider.code", "is missing"),)
    assert "request.provider.code: is missing" in str(error)
    assert (error.key, error.details) == (faulty.keys[0], {"most": 10})
    assert faulty.asked[0].headers["accept-language"] == "en"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(page(200, "<h1>Please log in</h1>"), id="a page"),
        pytest.param(json_answer(200, {"hello": "world"}), id="another service"),
        pytest.param(json_answer(200, responses.case(head="five")), id="a field of another kind"),
        pytest.param(json_answer(302, {}, Location="https://login.example"), id="a redirection"),
    ],
)
async def test_an_answer_of_somebody_else_is_told_as_such(make: Maker, faulty: FaultyServer, answer: Any) -> None:
    faulty.will(answer)
    with pytest.raises(UnexpectedAnswer, match="/v1/requests/NANTONG-1"):
        await make(faulty.url)("get", "NANTONG-1")
    assert len(faulty.asked) == 1


async def test_an_id_cannot_leave_its_place_in_the_address(make: Maker, faulty: FaultyServer) -> None:
    faulty.will(problem(404, "not_found"))
    with pytest.raises(starter.NotFound):
        await make(faulty.url)("get", "../statutes?x=1")
    assert faulty.asked[0].path == "/v1/requests/..%2Fstatutes%3Fx%3D1"


@pytest.mark.parametrize("key", ["", "办件-1", "two words", "line\n", "x" * 256])
async def test_a_key_that_cannot_travel_is_told_before_anything_is_sent(
    make: Maker, faulty: FaultyServer, key: str
) -> None:
    with pytest.raises(starter.InvalidInput, match="Idempotency-Key"):
        await make(faulty.url)("file", "nantong-2020", {}, key=key)
    assert faulty.asked == []


async def test_a_token_from_a_file_may_end_with_a_line(make: Maker, faulty: FaultyServer) -> None:
    faulty.will(json_answer(200, responses.case()))
    await make(faulty.url, "secret-token\n")("get", "NANTONG-1")
    assert faulty.asked[0].headers["authorization"] == "Bearer secret-token"


async def test_a_token_that_cannot_be_is_never_shown(make: Maker, faulty: FaultyServer) -> None:
    with pytest.raises(ValueError, match="token cannot be sent") as raised:
        await make(faulty.url, "secret\ntoken")("get", "NANTONG-1")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("address", ["", "shareflow.example", "ftp://shareflow.example", "http://"])
def test_an_address_that_is_none_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValueError, match="base_url must be an address"):
        Client(address, "token")


async def test_pages_are_walked_by_their_cursors(make: Maker, faulty: FaultyServer) -> None:
    first = json_answer(200, {"items": [responses.case(head=1), responses.case(head=2)], "next": "c1"})
    faulty.will(first, problem(503, "unavailable"), json_answer(200, {"items": [responses.case(head=3)], "next": None}))
    cases = await make(faulty.url).take("list", None, stage="refused", open=True)
    assert [case.head for case in cases] == [1, 2, 3]
    paths = [asked.path for asked in faulty.asked]
    assert "stage=refused&open=true" in paths[0]
    assert "cursor" not in paths[0]
    assert paths[1] == paths[2]
    assert "cursor=c1" in paths[2]


async def test_only_the_pages_that_are_looked_at_are_asked_for(make: Maker, faulty: FaultyServer) -> None:
    faulty.will(json_answer(200, {"items": [responses.case()], "next": "c1"}))
    assert len(await make(faulty.url).take("list", 1)) == 1
    assert len(faulty.asked) == 1


async def test_dates_travel_as_iso_8601(make: Maker, faulty: FaultyServer) -> None:
    from datetime import date

    faulty.will(json_answer(200, {"request_id": "N", "head": 1, "events": [], "case": responses.case()}))
    await make(faulty.url)("command", "N", "grant", expires_on=date(2027, 9, 30))
    assert json.loads(faulty.asked[0].body)["with"] == {"expires_on": "2027-09-30"}
