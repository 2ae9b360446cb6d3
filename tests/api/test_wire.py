"""What stands around a call: HEAD, repeated headers, unknown parameters, bodies in other clothes, a prefix."""

import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from api.app import create_app
from api.context import AppContext
from api.http.headers import ATTRIBUTE, LISTS, SINGLE
from api.serving import serving
from api.settings import api_settings
from configuration.settings import Settings
from domain.words import Role
from tests.api.callers import Bearer, People, filing, fresh_key
from tests.api.description import description
from tests.events.senders import event

Pairs = list[tuple[str, str]]


# HEAD


@pytest.fixture(scope="module")
async def served(context: AppContext) -> AsyncIterator[httpx.AsyncClient]:
    """The API on a real port."""
    async with (
        serving(create_app(context), "127.0.0.1", 0) as address,
        httpx.AsyncClient(base_url=address, timeout=30) as client,
    ):
        yield client


GETS = sorted(path for path, ways in description()["paths"].items() if "get" in ways and "{" not in path)


@pytest.mark.parametrize("path", [*GETS, "/openapi.json", "/v1/statutes/nantong-2020", "/v1/requests/NANTONG-NONE"])
async def test_head_answers_as_get_without_content(served: httpx.AsyncClient, bearer: Bearer, path: str) -> None:
    caller = bearer(list(Role), "ORG-1", ["*"])
    query = {"from": "2026-09-30", "working_days": 10} if path.endswith("/due") else {}
    get = await served.get(path, headers=caller, params=query)
    head = await served.head(path, headers=caller, params=query)
    assert (head.status_code, head.content) == (get.status_code, b"")
    # How a content without a known length is cut into pieces is of no use where there is none (RFC 9112, 6.1).
    passing = ("date", "etag", "transfer-encoding")
    kept = [{k: v for k, v in answer.headers.items() if k not in passing} for answer in (get, head)]
    if path == "/metrics":
        kept = [{"content-type": each["content-type"]} for each in kept]
    assert kept[0] == kept[1]
    # The connection is still good for another call.
    assert (await served.get("/healthz")).text == "alive"


async def test_head_of_a_case_a_paper_and_a_stream(served: httpx.AsyncClient, people: People) -> None:
    request_id = await people.file()
    mine = people.headers["requester"]
    for path in (f"/v1/requests/{request_id}", f"/v1/requests/{request_id}/documents/application"):
        get, head = await served.get(path, headers=mine), await served.head(path, headers=mine)
        assert (get.status_code, head.status_code, head.content) == (200, 200, b"")
        assert head.headers["etag"] == get.headers["etag"]
        assert head.headers["content-length"] == str(len(get.content))
        known = await served.head(path, headers={**mine, "If-None-Match": head.headers["etag"]})
        assert known.status_code == 304
    stream = await served.head("/v1/events", headers={**mine, "Accept": "text/event-stream"})
    assert (stream.status_code, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert (await served.head("/v1/requests")).status_code == 401
    figures = (await served.get("/metrics")).text
    assert 'method="HEAD",route="/v1/requests/{request_id}",status="200"' in figures


async def test_where_there_is_no_get_there_is_no_head(api: httpx.AsyncClient, people: People) -> None:
    answer = await api.head("/v1/requests/NANTONG-X/commands", headers=people.headers["requester"])
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert (await api.put("/v1/requests")).headers["allow"] == "GET, HEAD, POST"


# Headers that stand there twice


def pairs(headers: dict[str, str], *more: tuple[str, str]) -> Pairs:
    return [*headers.items(), *more]


@pytest.mark.parametrize(
    "name", ["Authorization", "Content-Type", "Idempotency-Key", "X-Filename", "Content-Disposition", "Last-Event-ID"]
)
@pytest.mark.parametrize("same", [True, False])
async def test_a_header_that_says_one_thing_stands_once(people: People, name: str, same: bool) -> None:
    sent = {**people.headers["requester"], "Content-Type": "application/json", **fresh_key()}
    value = sent.get(name, "a")
    twice = [pair for pair in sent.items() if pair[0] != name] + [(name, value), (name, value if same else value + "x")]
    body = json.dumps(filing()).encode()
    answer = await people.api.post("/v1/requests", content=body, headers=twice)
    said = answer.json()
    assert (answer.status_code, said["code"]) == (400, "malformed")
    assert said["errors"] == [{"path": f"header.{name.lower()}", "reason": "出现了两次"}]


async def test_an_attribute_of_an_event_stands_once(people: People) -> None:
    said = event("catalogue_changed", {})
    sent = pairs(people.headers["platform"], ("Content-Type", "application/json"))
    sent += [(f"ce-{name}", said[name]) for name in ("specversion", "id", "source", "type")]
    answer = await people.api.post("/v1/events", content=b"{}", headers=[*sent, ("CE-Id", "another")])
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "header.ce-id")


async def test_lists_may_be_split(people: People) -> None:
    request_id = await people.file()
    path, mine = f"/v1/requests/{request_id}", people.headers["requester"]
    etag = (await people.get("requester", path)).headers["etag"]
    split: Pairs = [("If-None-Match", '"0"'), ("If-None-Match", etag)]
    assert (await people.api.get(path, headers=pairs(mine, *split))).status_code == 304
    split = [("If-Match", '"0"'), ("If-Match", etag)]
    body = {"command": "withdraw", "reason": "不再需要"}
    done = await people.api.post(f"{path}/commands", json=body, headers=pairs(mine, *split))
    assert done.status_code == 200, done.text
    split = [("Accept-Language", "en;q=0.5"), ("Accept-Language", "zh;q=0.1")]
    answer = await people.api.get("/v1/requests/NONE", headers=pairs(mine, *split))
    assert answer.headers["content-language"] == "en"


def test_every_header_that_is_described_is_one_thing_or_a_list() -> None:
    ways = [way for path in description()["paths"].values() for way in path.values()]
    described = {
        each["name"].lower().encode() for way in ways for each in way.get("parameters", ()) if each["in"] == "header"
    }
    assert described
    assert {name for name in described if not name.startswith(ATTRIBUTE)} <= SINGLE | LISTS


# Parameters that nobody knows


@pytest.mark.parametrize(
    ("path", "where", "reason"),
    [
        ("/v1/requests?stages=closed", "query.stages", "不是已知的字段，可能是 stage 之误"),
        ("/v1/requests?resource=demand", "query.resource", "不是已知的字段"),
        ("/v1/cases?limt=3", "query.limt", "不是已知的字段，可能是 limit 之误"),
        ("/v1/cases?limit=3&limit=4", "query.limit", "出现了两次"),
        ("/v1/events?wait=0&wait=0", "query.wait", "出现了两次"),
        ("/v1/worklist?x%0ay=1", "query.x?y", "不是已知的字段"),
        ("/v1/statutes?=1", "query.", "不是已知的字段"),
        (
            "/v1/calendar/due?from=2026-09-30&working_day=3",
            "query.working_day",
            "不是已知的字段，可能是 working_days 之误",
        ),
        ("/v1/requests/NONE?a=1", "query.a", "不是已知的字段"),
        ("/v1/requests/NONE/clocks?a=1", "query.a", "不是已知的字段"),
    ],
)
async def test_an_unknown_or_repeated_parameter_is_told(people: People, path: str, where: str, reason: str) -> None:
    answer = await people.get("auditor", path)
    said = answer.json()
    assert (answer.status_code, said["code"]) == (400, "malformed")
    assert said["errors"] == [{"path": where, "reason": reason}]


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete", "head"])
async def test_no_endpoint_passes_over_a_parameter(api: httpx.AsyncClient, people: People, method: str) -> None:
    for path, ways in description()["paths"].items():
        if method not in (*ways, "head" if "get" in ways else "") or not path.startswith("/v1/"):
            continue
        url = path.replace("{sha256}", "0" * 64).replace("{seq}", "1").replace("{", "").replace("}", "")
        sent = {**people.headers["requester"], "Content-Type": "application/json"}
        answer = await api.request(method, f"{url}?no_such_parameter=1", headers=sent)
        assert answer.status_code == 400, (method, path, answer.text)
        del sent["Authorization"]
        assert (await api.request(method, f"{url}?no_such_parameter=1", headers=sent)).status_code == 401


async def test_a_list_may_be_repeated(people: People) -> None:
    answer = await people.get("auditor", "/v1/events?type=filed&type=granted&limit=1")
    assert answer.status_code == 200


# Bodies in other clothes

BODY = json.dumps(filing()).encode()


@pytest.mark.parametrize(
    ("body", "headers", "status", "zh", "en"),
    [
        (b"\xef\xbb\xbf" + BODY, {}, 400, "字节顺序标记", "byte order mark (BOM)"),
        (BODY.decode().encode("utf-16"), {}, 400, "UTF-16", "UTF-16"),
        (gzip.compress(BODY), {}, 400, "gzip", "compressed (gzip or zstd)"),
        (b"PK\x03\x04" + BODY, {}, 400, "zip", "zip archive"),
        (gzip.compress(BODY), {"Content-Encoding": "gzip"}, 415, "gzip", "Content-Encoding: gzip"),
        (BODY, {"Content-Encoding": "br"}, 415, "br", "Content-Encoding: br"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/requests", "/v1/cases", "/v1/events", "/v1/webhooks"])
async def test_a_body_in_other_clothes_is_told_what_it_is(
    people: People, path: str, body: bytes, headers: dict[str, str], status: int, zh: str, en: str
) -> None:
    kind = "application/cloudevents+json" if path == "/v1/events" else "application/json"
    sent = {**people.headers["requester"], "Content-Type": kind, **fresh_key(), **headers}
    for language, words in (("zh", zh), ("en", en)):
        answer = await people.api.post(path, content=body, headers={**sent, "Accept-Language": language})
        said = answer.json()
        assert (answer.status_code, said["code"]) == (status, "malformed_json" if status == 400 else "wrong_type")
        assert words in said["detail"]
    assert (answer.headers.get("accept-encoding") == "identity") == (status == 415)


async def test_a_body_that_says_it_is_as_it_is_is_taken(people: People) -> None:
    headers = {"Content-Encoding": "identity", **fresh_key()}
    assert (await people.post("requester", "/v1/requests", filing(), **headers)).status_code == 201


# Behind a path prefix

PREFIX = "/platform/shareflow"


@pytest.fixture(params=["told", "stripped", "mounted"])
async def behind(request: pytest.FixtureRequest, context: AppContext) -> AsyncIterator[httpx.AsyncClient]:
    """The API as a proxy has it below a path: by the operator's setting, with the path or without, or mounted there."""
    if request.param == "mounted":
        app = Starlette(routes=[Mount(PREFIX, create_app(context))])
        base = f"http://shareflow{PREFIX}"
    else:
        settings = api_settings(Settings({"SHAREFLOW_PUBLIC_URL": f"https://share.example.gov.cn{PREFIX}/"}))
        app = create_app(replace(context, settings=replace(context.settings, public_url=settings.public_url)))
        base = f"http://shareflow{PREFIX if request.param == 'told' else ''}"
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=base, timeout=60) as client:
        yield client


def stripped(link: str) -> str:
    """What the proxy passes on for a link that a caller follows."""
    assert link.startswith(f"{PREFIX}/v1/"), link
    return link.removeprefix(PREFIX)


async def test_behind_a_path_prefix_every_link_carries_it(behind: httpx.AsyncClient, people: People) -> None:
    mine = people.headers["requester"]
    for _ in range(2):
        answer = await behind.post("/v1/requests", json=filing(), headers={**mine, **fresh_key()})
        assert answer.status_code == 201, answer.text
    case = answer.json()
    assert answer.headers["location"] == case["links"]["self"]
    for link in case["links"].values():
        path = stripped(link)
        if not path.endswith("/commands"):
            assert (await behind.get(path, headers=mine)).status_code == 200
    papers = await behind.get(stripped(case["links"]["documents"]), headers=mine)
    page = await behind.get(stripped(papers.json()["items"][0]["href"]), headers=mine)
    assert f"{PREFIX}/v1/requests/{case['request_id']}" in page.text
    listed = await behind.get("/v1/requests?limit=1", headers=mine)
    link = listed.headers["link"].partition(">")[0].removeprefix("<")
    assert (await behind.get(stripped(link), headers=mine)).status_code == 200
    paper = await behind.post("/v1/attachments", content=b"a,b\n", headers={**mine, "Content-Type": "text/csv"})
    stripped(paper.headers["location"])
    wrong = await behind.put("/v1/requests", headers=mine)
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, POST")
    made = await behind.post("/v1/webhooks", json={"url": "https://93.184.216.34/in"}, headers=mine)
    assert made.headers["location"] == made.json()["links"]["self"]
    gone = await behind.delete(stripped(made.json()["links"]["self"]), headers=mine)
    assert gone.status_code == 204
    described = (await behind.get("/openapi.json")).json()
    assert described["servers"] == [{"url": PREFIX}]


async def test_a_large_paper_may_come_behind_a_prefix(context: AppContext, people: People) -> None:
    app = Starlette(routes=[Mount(PREFIX, create_app(context))])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    content = b"a,b\n" * (context.settings.body_limit // 4 + 1)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://x{PREFIX}", timeout=60) as client:
        sent = {**people.headers["requester"], "Content-Type": "text/csv"}
        answer = await client.post("/v1/attachments", content=content, headers=sent)
    assert answer.status_code in (200, 201), answer.text


def test_without_a_prefix_links_are_as_ever() -> None:
    assert api_settings(Settings({})).prefix == ""
    assert api_settings(Settings({"SHAREFLOW_PUBLIC_URL": "https://share.example.gov.cn"})).prefix == ""
    assert api_settings(Settings({"SHAREFLOW_PUBLIC_URL": "https://share.example.gov.cn/a/b/"})).prefix == "/a/b"
