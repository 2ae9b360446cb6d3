"""An endpoint that is called directly takes and refuses what FastAPI would take and refuse for it, word for word."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Request, Response
from fastapi.routing import APIRoute

from api.app import ROUTERS
from api.cases.schemas import CommandIn
from api.http.problems import Problem, answer_problems
from api.http.routes import Direct, StrictRoute


class ByFastApi(StrictRoute):
    """The same route, left to FastAPI."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:
        APIRoute.__init__(self, path, endpoint, **declared)


async def who(request: Request) -> str:
    """Who calls, if anybody says so."""
    if "who" not in request.headers:
        raise Problem(401, "not_authenticated")
    return request.headers["who"]


async def told(
    at: Annotated[str, Path(max_length=4, pattern=r"^[a-z]+$")],
    body: CommandIn,
    request: Request,
    caller: Annotated[str, Depends(who)],
    idempotency_key: Annotated[str, Header(min_length=2)],
    if_match: Annotated[str | None, Header(max_length=3)] = None,
    of: Annotated[Literal["mine", "all"], Query()] = "all",
    limit: Annotated[int, Query(ge=1, le=5)] = 3,
    wait: bool = False,
) -> Response:
    """All that came, as it was understood."""
    said = [at, body.model_dump(mode="json"), request.method, caller, idempotency_key, if_match, of, limit, wait]
    return Response(json.dumps(said), media_type="application/json")


@pytest.fixture(scope="module")
async def both() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    answer_problems(app)
    for prefix, kind in (("/direct", StrictRoute), ("/whole", ByFastApi)):
        router = APIRouter(prefix=prefix, route_class=kind, dependencies=[Depends(who)])
        router.add_api_route("/{at}", told, methods=["POST"])
        app.router.routes.extend(router.routes)
    assert [isinstance(route.app, Direct) for route in app.routes if isinstance(route, APIRoute)] == [True, False]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        yield client


HEADERS = {"who": "somebody", "idempotency-key": "key", "content-type": "application/json"}
BODY = b'{"command": "accept", "reason": "so"}'


@pytest.mark.parametrize(
    ("status", "path", "headers", "body"),
    [
        (200, "a", {}, BODY),
        (200, "a?of=mine&limit=5&wait=true", {"if-match": '"1"'}, BODY),
        (200, "a?limit=9&limit=2", {}, BODY),
        (401, "TOO-LONG?limit=none", {"who": None, "idempotency-key": None}, b"{}"),
        (415, "a", {"content-type": "text/plain", "who": None}, BODY),
        (415, "a", {"content-type": None}, BODY),
        (400, "a", {"who": None}, b"{"),
        (400, "a", {}, b'{"command": "accept", "command": "grant"}'),
        (400, "a", {"idempotency-key": None}, BODY),
        (422, "a", {"idempotency-key": "k"}, BODY),
        (422, "a", {"idempotency-key": ""}, BODY),
        (422, "a", {"if-match": "long"}, BODY),
        (422, "a", {}, b""),
        (422, "a", {}, b"null"),
        (422, "a", {}, b"[]"),
        (422, "a", {}, b"{}"),
        (422, "a", {}, b'{"command": "nothing"}'),
        (422, "a", {}, b'{"command": "accept", "with": {}, "reason": "so"}'),
        (422, "a?of=none&limit=6&wait=perhaps", {}, BODY),
        (422, "a?of=&limit=&wait=", {}, BODY),
        (422, "TOO-LONG?limit=0", {"idempotency-key": None, "if-match": "long"}, b"{}"),
    ],
)
async def test_a_call_is_answered_as_fastapi_answers_it(
    both: httpx.AsyncClient, status: int, path: str, headers: dict[str, str | None], body: bytes
) -> None:
    sent = {name: value for name, value in {**HEADERS, **headers}.items() if value is not None}
    ours, theirs = [await both.post(f"/{way}/{path}", headers=sent, content=body) for way in ("direct", "whole")]
    assert ours.status_code == status
    assert (ours.status_code, ours.headers, ours.content) == (theirs.status_code, theirs.headers, theirs.content)


def test_the_endpoints_that_are_called_most_are_called_directly() -> None:
    ways = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    direct = {(way, route.path) for route in ways if isinstance(route.app, Direct) for way in route.methods or ()}
    assert direct >= {("POST", "/v1/requests"), ("POST", "/v1/cases")}
    assert direct >= {("GET", f"/v1/{place}/{{request_id}}") for place in ("requests", "cases")}
    assert direct >= {("POST", f"/v1/{place}/{{request_id}}/commands") for place in ("requests", "cases")}
