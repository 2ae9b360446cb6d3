"""The AsyncAPI document: current, well-formed, and true of the events that really travel."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from api.asyncapi.__main__ import COMMITTED, main
from api.asyncapi.document import document
from api.context import AppContext
from api.events.stream import as_cloud_event
from api.events_in.kinds import Kind
from background.webhooks.payloads import checkpoint_event, event_for, trial_event
from background.webhooks.queries.subscriptions import WebhookPayload
from domain.cloud_events import platform_type, type_of
from domain.log.checkpoints import Checkpoint
from domain.log.keys import Ed25519Signer
from domain.words import EventType
from ledger.queries.log import KeptCheckpoint
from ledger.queries.messages import messages_after
from tests.api.callers import People
from tests.events.senders import access, catalogue, submitted

ROOT = {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}
NAME = re.compile(r"[A-Za-z0-9._-]+")
HERE = json.loads(COMMITTED.read_text(encoding="utf-8"))


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(each)


def target(reference: str) -> Any:
    found: Any = HERE
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def fits(message: str, event: Any) -> bool:
    """Whether an event is as the document says of a message."""
    payload = {"$ref": f"#/components/messages/{message}/payload", "components": HERE["components"]}
    return bool(jsonschema_rs.is_valid(payload, event))


def test_the_committed_document_is_current(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    stale = tmp_path / "asyncapi.json"
    assert main(["--check"], stale) == 1
    assert "run `make openapi`" in capsys.readouterr().err
    assert main(["--write"], stale) == 0
    assert main(["--check"], stale) == 0
    stale.write_text(stale.read_text(encoding="utf-8").replace("granted", "given"), encoding="utf-8")
    assert main(["--check"], stale) == 1
    assert document() == HERE


def test_the_document_has_the_structure_of_asyncapi_3() -> None:
    assert HERE["asyncapi"] == "3.0.0"
    assert HERE.keys() <= ROOT
    assert {"title", "version"} <= HERE["info"].keys()
    for server in HERE["servers"].values():
        assert {"host", "protocol"} <= server.keys()
    for group in HERE["components"].values():
        assert all(NAME.fullmatch(name) for name in group)
    for node in walk(HERE):
        if isinstance(node.get("$ref"), str):
            assert target(node["$ref"]) is not None
    for name, channel in HERE["channels"].items():
        assert channel["messages"], name
        assert all(set(message) == {"$ref"} for message in channel["messages"].values())
    for name, operation in HERE["operations"].items():
        assert operation["action"] in ("send", "receive"), name
        assert target(operation["channel"]["$ref"]) in HERE["channels"].values()
        assert operation["bindings"]["http"]["method"] in ("GET", "POST")


def test_every_event_has_a_message_where_it_travels() -> None:
    messages, channels = HERE["components"]["messages"], HERE["channels"]
    for event in EventType:
        assert messages[event]["name"] == type_of(event)
        assert event in channels["feed"]["messages"]
        assert event in channels["webhook"]["messages"]
    assert [messages[name]["name"] for name in channels["incoming"]["messages"]] == [platform_type(k) for k in Kind]
    for name, schema in HERE["components"]["schemas"].items():
        jsonschema_rs.meta.validate(schema | {"components": HERE["components"]}), name


async def test_the_events_of_a_whole_case_are_as_described(people: People, context: AppContext) -> None:
    request_id = await people.file("changshu-2019")
    await people.give("bureau", request_id, "urge", level="notice")
    await people.give("provider", request_id, "refuse", reason="涉密", legal_basis="保密法")
    await people.give("requester", request_id, "open_negotiation", justification="因履行职责确需使用")
    await people.give("requester", request_id, "propose", terms={"scope": "姓名"})
    await people.give("provider", request_id, "agree")
    messages = [
        each for each in messages_after(context.client.reader.engine, 0, 100_000) if each.request_id == request_id
    ]
    assert len(messages) > 10
    for message in messages:
        full = as_cloud_event(message)
        assert fits(message.type, full), full
        assert fits(message.type, json.loads(json.dumps(event_for(WebhookPayload.FULL, message))))
        thin = event_for(WebhookPayload.THIN, message)
        assert fits("any_thin", thin), thin
        assert not fits(message.type, thin), "a thin event does not pass for a full one"
        assert not fits("adjudicated", full), "nor one type for another"
    assert fits("webhook_test", trial_event("w-1", datetime.now(UTC)))
    signer, at = Ed25519Signer("shareflow/test", b"\x01" * 32), datetime.now(UTC)
    note = Checkpoint("shareflow/test", 0, bytes(32), bytes(32), at).note().signed(signer).written()
    assert fits("checkpoint_made", checkpoint_event(KeptCheckpoint(0, note, signer.key.written(), at)))


def test_what_is_taken_in_is_as_described() -> None:
    assert fits("request_submitted", submitted())
    assert fits("access_opened", access("access_opened", "X-1"))
    assert fits("access_used", access("access_used", "X-1", count=2))
    assert fits("catalogue_changed", catalogue("NT-1"))
    for broken in ({"count": 0}, {"cuont": 1}, {"at": 5}):
        said = access("access_used", "X-1")
        assert not fits("access_used", {**said, "data": {**said["data"], **broken}}), broken
    assert not fits("access_opened", {**access("access_opened", "X-1"), "id": ""})
