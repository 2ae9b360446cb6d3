"""How events may be written: structured, binary, in batches; and what is said of those that cannot be read."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.events_in.kinds import Kind
from domain.cloud_events import platform_type
from starter.engine_client import ShareflowClient
from starter.errors import Unavailable
from tests.api.callers import People, filing
from tests.events.senders import AT, PREFIX, Senders, access, catalogue, event, fresh_id, submitted
from tests.forms import either

STRUCTURED = "application/cloudevents+json"
KNOWN = [f"{PREFIX}{kind}.v1" for kind in ("request_submitted", "access_opened", "access_used", "catalogue_changed")]


async def test_every_way_of_writing_an_event_says_the_same(senders: Senders) -> None:
    said = catalogue(f"NT-{fresh_id()}", subject="目录/人口", traceparent="00-1", time="2025-09-01T01:00:00Z")
    text = json.dumps(said, ensure_ascii=False).encode()
    first = await senders.raw("nantong", text, **{"Content-Type": f"{STRUCTURED}; charset=UTF-8"})
    assert (first.status_code, first.json()["duplicate"]) == (200, False)
    binary = {
        "Content-Type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": said["id"],
        "ce-source": said["source"],
        "ce-type": said["type"],
        "ce-subject": "%E7%9B%AE%E5%BD%95/%E4%BA%BA%E5%8F%A3",
        "ce-time": "2025-09-01T01:00:00Z",
        "ce-traceparent": "00-2",
    }
    again = [
        await senders.raw("nantong", json.dumps(said["data"]), **binary),
        await senders.raw("nantong", json.dumps({**said, "subject": said["subject"]}), **{"Content-Type": STRUCTURED}),
    ]
    for answer in again:
        assert (answer.status_code, answer.json()["duplicate"]) == (200, True), answer.text
    (batched,) = (await senders.tell_batch("nantong", [said])).json()["items"]
    assert batched["receipt"]["duplicate"] is True
    (kept,) = await senders.received("nantong", resource=said["data"]["resource"]["code"])
    assert (kept["subject"], kept["data"]["resource"]["update_cycle"]) == ("目录/人口", "每日")


async def test_an_unknown_type_is_refused_with_the_known_ones(senders: Senders) -> None:
    for kind in ("cn.gov.shareflow.request.granted.v1", f"{PREFIX}access_used.v2", "x"):
        answer = await senders.tell("platform", {**event("x", {}), "type": kind})
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["known"]) == (422, "unknown_event_type", KNOWN)
        assert problem["errors"][0]["path"] == "type"
    assert [platform_type(kind) for kind in Kind] == KNOWN


ENVELOPES: list[tuple[dict[str, Any], str]] = [
    ({"specversion": "0.3"}, "specversion"),
    ({"specversion": None}, "specversion"),
    ({"id": ""}, "id"),
    ({"id": 5}, "id"),
    ({"id": "a\nb"}, "id"),
    ({"id": "x" * 256}, "id"),
    ({"source": None}, "source"),
    ({"type": None}, "type"),
    ({"subject": ""}, "subject"),
    ({"time": "yesterday"}, "time"),
    ({"time": "2025-09-01T01:00:00"}, "time"),
    ({"datacontenttype": "text/plain"}, "datacontenttype"),
    ({"data": "text"}, "data"),
    ({"data": {"x": 1.5}}, "data"),
    ({"data": {"x": "\x00"}}, "data"),
    ({"data": {"x": 2**60}}, "data"),
    ({"data_base64": "e30="}, ""),
    ({"Big": "x"}, ""),
    ({"extension": [1]}, ""),
]


@pytest.mark.parametrize(("change", "path"), ENVELOPES)
async def test_an_envelope_that_cannot_be_used_names_its_field(
    senders: Senders, change: dict[str, Any], path: str
) -> None:
    said = {**catalogue("NT-1"), **change}
    answer = await senders.raw("platform", json.dumps(said), **{"Content-Type": STRUCTURED})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert answer.json()["errors"][0]["path"] == path


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type", "data"])
async def test_an_attribute_that_is_missing_is_named(senders: Senders, missing: str) -> None:
    said = {key: value for key, value in catalogue("NT-1").items() if key != missing}
    answer = await senders.raw("platform", json.dumps(said), **{"Content-Type": STRUCTURED, "Accept-Language": "en"})
    assert answer.json()["errors"] == [{"path": missing, "reason": "is missing"}]
    headers = {"Content-Type": "application/json"}
    headers |= {f"ce-{key}": value for key, value in said.items() if key != "data"}
    answer = await senders.raw("platform", json.dumps(said.get("data", {})), **headers)
    if missing != "data":
        assert answer.json()["errors"][0]["path"] == f"header.ce-{missing}"


ENTRY = {"code": "X", "name": "人口", "sharing_class": "conditional"}
DATA: list[tuple[str, dict[str, Any], str]] = [
    ("access_opened", {"request_id": "X", "at": "2025-09-01"}, "data.at"),
    ("access_opened", {"request_id": "", "at": "2025-09-01T00:00:00Z"}, "data.request_id"),
    ("access_opened", {"at": "2025-09-01T00:00:00Z"}, "data.request_id"),
    ("access_used", {"request_id": "X", "at": "2025-09-01T00:00:00Z", "count": 0}, "data.count"),
    ("access_used", {"request_id": "X", "at": "2025-09-01T00:00:00Z", "cuont": 1}, "data.cuont"),
    ("catalogue_changed", {"resource": {}, "change": "published", "at": AT}, "data.resource.code"),
    ("catalogue_changed", {"resource": ENTRY, "change": "sold", "at": AT}, "data.change"),
    ("request_submitted", {"request": {}}, "data.statute"),
    ("request_submitted", filing(documents=[]) | {"extra": 1}, "data.extra"),
]


@pytest.mark.parametrize(("kind", "data", "path"), DATA)
async def test_data_that_cannot_be_used_names_its_field(
    senders: Senders, kind: str, data: dict[str, Any], path: str
) -> None:
    answer = await senders.tell("platform", event(kind, data))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert answer.json()["errors"][0]["path"] == path
    binary = await senders.tell_in_binary("platform", event(kind, data))
    assert binary.json()["errors"][0]["path"] == path.removeprefix("data."), "in binary mode the body is the data"
    batch = await senders.tell_batch("platform", [catalogue("NT-1"), event(kind, data)])
    assert (batch.status_code, batch.json()["errors"][0]["path"]) == (422, f"[1].{path}")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/json"},
        {"Content-Type": "application/cloudevents+xml"},
        {"Content-Type": "text/plain", "ce-specversion": "1.0"},
        {"ce-specversion": "1.0"},
        {"Content-Type": f"{STRUCTURED}; charset=utf-16"},
        {"Content-Type": "application/cloudevents-batch+avro"},
    ],
)
async def test_other_media_types_are_not_taken(senders: Senders, headers: dict[str, str]) -> None:
    answer = await senders.raw("platform", json.dumps(catalogue("NT-1")), **headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type")
    assert STRUCTURED in answer.headers["accept-post"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"id": "1", "id": "2"}', b"NaN", b"[" * 100_000])
async def test_a_body_that_is_not_json(senders: Senders, content: bytes) -> None:
    answer = await senders.raw("platform", content, **{"Content-Type": STRUCTURED})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")


async def test_a_header_that_stands_twice_or_is_badly_encoded(senders: Senders) -> None:
    headers = [*senders.headers["platform"].items(), ("Content-Type", "application/json"), ("ce-id", "1")]
    twice = await senders.api.post("/v1/events", json={}, headers=[*headers, ("ce-id", "2")])
    assert (twice.status_code, twice.json()["errors"][0]["path"]) == (400, "header.ce-id")
    for value in ("%FF", "目录".encode()):
        bad = await senders.api.post("/v1/events", json={}, headers=[*headers, ("ce-subject", value)])
        assert (bad.status_code, bad.json()["errors"][0]["path"]) == (422, "header.ce-subject")


async def test_a_batch_answers_for_each_of_its_events(people: People, senders: Senders) -> None:
    case = await people.file("changshu-2019")
    sent = [submitted(), access("access_opened", case), submitted(), access("access_used", "NONE")]
    sent.append({**sent[0]})
    sent.append({**sent[0], "data": filing(purpose="别的用途")})
    answer = await senders.tell_batch("platform", sent)
    items = answer.json()["items"]
    assert (answer.status_code, [item["status"] for item in items]) == (207, [201, 409, 201, 404, 200, 422])
    assert [item["problem"]["code"] for item in items if item["problem"]] == [
        "access_not_granted",
        "not_found",
        "key_reused",
    ]
    assert items[4]["receipt"]["request_id"] == items[0]["receipt"]["request_id"]
    fine = await senders.tell_batch("platform", [sent[0], sent[2]])
    assert (fine.status_code, [item["receipt"]["duplicate"] for item in fine.json()["items"]]) == (200, [True, True])


async def test_a_batch_with_an_event_that_cannot_be_read_is_refused_whole(senders: Senders) -> None:
    good = catalogue(f"NT-{fresh_id()}")
    answer = await senders.tell_batch("platform", [good, {**good, "type": "x"}])
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_event_type")
    assert answer.json()["errors"][0]["path"] == "[1].type"
    assert await senders.received("auditor", resource=good["data"]["resource"]["code"]) == []
    many = await senders.tell_batch("platform", [good] * 101)
    assert (many.status_code, many.json()["code"]) == (422, "invalid")
    none = await senders.tell_batch("platform", [])
    assert (none.status_code, none.json()) == (200, {"items": []})
    assert (
        await senders.raw("platform", "{}", **{"Content-Type": "application/cloudevents-batch+json"})
    ).status_code == 422


async def test_a_batch_is_to_be_sent_again_when_the_engine_was_away(
    senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: Any, **__: Any) -> Any:
        raise Unavailable("the engine is away")

    sent = [catalogue(f"NT-{fresh_id()}"), submitted()]
    with monkeypatch.context() as patch:
        patch.setattr(ShareflowClient, "open", dies)
        answer = await senders.tell_batch("platform", sent)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert [item["status"] for item in answer.json()["items"]] == [200, 503]
    again = await senders.tell_batch("platform", sent)
    assert [item["status"] for item in again.json()["items"]] == [200, 201]
    assert [item["receipt"]["duplicate"] for item in again.json()["items"]] == [True, False]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "data",
    "data_base64",
]


@settings(max_examples=either(50, 150), deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated=st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=10), JSON, min_size=1, max_size=4))
async def test_whatever_is_sent_no_defect_is_met(senders: Senders, mutated: dict[str, Any]) -> None:
    for said in (catalogue("NT-1"), access("access_used", "NONE"), submitted()):
        content = json.dumps({**said, **mutated})
        answer = await senders.raw("platform", content, **{"Content-Type": STRUCTURED})
        assert answer.status_code < 500, answer.text
        inside = json.dumps({**said, "data": {**said["data"], **mutated}})
        answer = await senders.raw("platform", inside, **{"Content-Type": STRUCTURED})
        assert answer.status_code < 500, answer.text
