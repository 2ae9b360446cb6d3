"""Papers and webhooks through the client, on the real engine."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shareflow import InvalidInput, NotFound, WebhookNotVerified, verify_webhook
from tests.client.faulty_server import FaultyServer, json_answer, problem
from tests.client.people import Participants

PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"


async def test_a_paper_is_brought_named_and_fetched(people: Participants, tmp_path: Path) -> None:
    path = tmp_path / "需求申请表.pdf"
    path.write_bytes(PDF)
    paper = await people.requester("upload", path)
    assert (paper.name, paper.media_type, paper.size) == ("需求申请表.pdf", "application/pdf", len(PDF))
    assert (await people.requester("upload", PDF, "again.pdf")).sha256 == paper.sha256
    case = await people.filed(documents=[{"name": paper.name, "sha256": paper.sha256}])
    assert await people.provider("download", paper.sha256) == PDF
    with pytest.raises(NotFound):
        await people.of("requester", "SOMEBODY-ELSE")("download", paper.sha256)
    with pytest.raises(InvalidInput) as refused:
        await people.requester("upload", b"<script>", "申请表.pdf")
    assert refused.value.status == 415
    papers = await people.requester("documents", case.request_id)
    assert "application" in [each.name for each in papers]
    page = await people.requester("document", case.request_id, papers[0].name)
    assert "市民政局" in page


async def test_a_webhook_tells_what_happens(people: Participants, faulty: FaultyServer) -> None:
    faulty.will(json_answer(200, {}))
    webhook = await people.requester("webhooks.create", faulty.url, events=["granted", "closed"], payload="full")
    assert webhook.secret.startswith("whsec_")
    assert webhook.secret not in repr(webhook)
    case = await people.filed()
    await people.provider("command", case.request_id, "grant")
    await _until(lambda: len(faulty.asked) == 2)
    events = [verify_webhook(webhook.secret, asked.headers, asked.body) for asked in faulty.asked]
    assert [event.name for event in events] == ["granted", "closed"]
    assert events[0].request_id == case.request_id
    assert events[0].data["actor"]["org"] == people.provider_code
    with pytest.raises(WebhookNotVerified):
        verify_webhook(webhook.secret, faulty.asked[0].headers, faulty.asked[1].body)
    deliveries = await _delivered(people, webhook.id, 2)
    assert sorted(delivery.id for delivery in deliveries) == sorted(event.id for event in events)
    assert deliveries[0].attempts[0].status == 200


async def test_a_rotated_secret_signs_beside_the_one_before(people: Participants, faulty: FaultyServer) -> None:
    faulty.will(json_answer(200, {}))
    webhook = await people.requester("webhooks.create", faulty.url)
    rotated = await people.requester("webhooks.rotate", webhook.id)
    trial = await people.requester("webhooks.test", webhook.id)
    assert (trial.state, trial.status) == ("delivered", 200)
    for secret in (webhook.secret, rotated.secret):
        event = verify_webhook(secret, faulty.asked[-1].headers, faulty.asked[-1].body)
        assert (event.id, event.name, event.request_id) == (trial.id, "webhook.test", None)


async def test_what_was_missed_is_told_again(people: Participants, faulty: FaultyServer) -> None:
    faulty.will(json_answer(200, {}))
    case = await people.filed()
    begun = await _after_the_filing(people, case)
    webhook = await people.requester("webhooks.create", faulty.url)
    await people.provider("command", case.request_id, "grant")
    await _delivered(people, webhook.id, 3)
    faulty.asked.clear()
    assert await people.requester("webhooks.replay", webhook.id, begun) == 3
    await _delivered(people, webhook.id, 3)
    first = json.loads(faulty.asked[0].body)["id"]
    assert await people.requester("webhooks.replay_one", webhook.id, first) == 1
    await _until(lambda: len(faulty.asked) == 4)
    assert json.loads(faulty.asked[3].body)["id"] == first


async def test_webhooks_are_changed_and_deleted(people: Participants, faulty: FaultyServer) -> None:
    faulty.will(problem(410, "gone"))
    webhook = await people.requester("webhooks.create", faulty.url)
    assert [each.id for each in await people.requester("webhooks.list")] == [webhook.id]
    changed = await people.requester("webhooks.change", webhook.id, events=["closed"], state="disabled")
    assert (changed.events, changed.state, changed.secret) == (("closed",), "disabled", None)
    assert (await people.requester("webhooks.get", webhook.id)).state == "disabled"
    await people.requester("webhooks.delete", webhook.id)
    with pytest.raises(NotFound):
        await people.requester("webhooks.get", webhook.id)
    with pytest.raises(InvalidInput, match="url"):
        await people.requester("webhooks.create", "http://10.0.0.1/")


async def _after_the_filing(people: Participants, case: Any) -> str | None:
    """Where the feed stands once it has shown all that happened in a case so far."""
    cursor, shown = None, 0
    while shown < case.head:
        page = await people.requester("feed", cursor)
        shown += sum(event.request_id == case.request_id for event in page.items)
        cursor = page.next
    return cursor


async def _until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends
        await asyncio.sleep(0.02)


async def _delivered(people: Participants, webhook_id: str, number: int) -> list[Any]:
    """What the log holds as delivered, once it is so many; the receiver knows of each a moment before."""
    ends = time.monotonic() + 60
    while True:
        delivered = await people.requester.take("webhooks.deliveries", None, webhook_id, state="delivered")
        if len(delivered) >= number:
            return delivered
        assert time.monotonic() < ends
        await asyncio.sleep(0.02)
