"""What is stuck, over HTTP: causes, one by one, the remedies in an operator's name, and a batch on the server."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.other_cases import OtherCases
from activities.stuck_batches import StuckBatches
from background.stuck import note_what_is_held_up
from domain.calendar import CHINA
from domain.log.acts import Acting, ActKind, NewAct
from domain.stuck import BatchState, Remedied, RemedyResult
from domain.words import EventType
from embedded.simulate.sandbox import Sandbox
from protocol.batches import BatchOrder, BatchPart
from starter.engine_client import ShareflowClient
from tests.api.callers import People, fresh_key
from tests.engine.looking import handle_of, types_in, until
from tests.procedures.grants import grant, in_days, opened, renewal

CAUSE = "other_case_unavailable:application_incomplete"
WHY = {"reason": "另一事项的材料已补齐"}


@dataclass
class RefusedOpenings:
    """Cases that cannot open another, as long as they are named here."""

    refused: set[str] = field(default_factory=set)
    all: bool = True


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> RefusedOpenings:
    it, usual = RefusedOpenings(), OtherCases._opening

    def opening(self: OtherCases, order: Any) -> Any:
        if it.all or order.opened_by in it.refused:
            raise ApplicationError("no", type="application_incomplete", non_retryable=True)
        return usual(self, order)

    monkeypatch.setattr(OtherCases, "_opening", opening)
    return it


@pytest.fixture
async def stuck(ground: Sandbox, refusing: RefusedOpenings) -> AsyncIterator[Sequence[str]]:
    """Three cases that wait for another, noted by the watch."""
    client, now = ShareflowClient(ground.temporal, ground.engine), datetime.now(CHINA)
    cases = []
    for _ in range(3):
        request_id = await opened(client, "nantong-2020", grant(use_until=in_days(now, 365)), now)
        await client.command(request_id, renewal(now))
        cases.append(request_id)

    async def all_noted() -> bool:
        await note_what_is_held_up(ground.temporal, ground.engine)
        found = [await asyncio.to_thread(client.reader.troubles_of, each) for each in cases]
        return all(any(it.cause == CAUSE for it in each) for each in found)

    await until(all_noted)
    yield cases
    refusing.all, refusing.refused = False, set()
    for each in cases:
        await handle_of(client, each).signal("retry_step")


async def test_one_is_looked_into_noted_handed_over_and_mended(
    people: People, stuck: Sequence[str], refusing: RefusedOpenings, ground: Sandbox
) -> None:
    case = stuck[0]
    said = (await people.get("operator", "/v1/stuck/causes")).json()["items"]
    [cause] = [each for each in said if each["cause"] == CAUSE]
    assert cause["number"] >= 3
    assert (cause["kind"], cause["kind_label"]) == ("opening_waits", "等待另一事项")
    listed = (await people.get("bureau", "/v1/stuck/troubles")).json()
    assert {each["id"] for each in listed["items"]} >= set(stuck)
    for path in ("note", "hand-over", "retry"):
        body = {"note": {"text": "x"}, "hand-over": {"to": "x", "reason": "x"}, "retry": WHY}[path]
        assert (await people.post("bureau", f"/v1/stuck/{case}/{path}", body)).status_code == 403
    await people.post("operator", f"/v1/stuck/{case}/note", {"text": "已联系对方"}, **(once := fresh_key()))
    await people.post("operator", f"/v1/stuck/{case}/note", {"text": "已联系对方"}, **once)
    handed = await people.post("operator", f"/v1/stuck/{case}/hand-over", {"to": "李工", "reason": "交班"})
    told = handed.json()
    assert [(each["kind"], each["to"]) for each in told["notes"]] == [("stuck_hand_over", "李工"), ("stuck_note", None)]
    assert told["troubles"][0]["held_by"] == "李工"
    assert {"first", "last"} <= set(told["points"])
    without = await people.post("operator", f"/v1/stuck/{case}/retry", {"reason": "  "})
    assert (without.status_code, without.json()["code"]) == (422, "invalid")
    still = (await people.post("operator", f"/v1/stuck/{case}/retry", WHY)).json()
    assert (still["result"], still["result_label"]) == ("still_stuck", "仍卡住")
    assert "application_incomplete" in still["why"]
    refusing.all = False
    done = (await people.post("operator", f"/v1/stuck/{case}/retry", {**WHY, "cause": CAUSE})).json()
    assert (done["result"], done["troubles"]) == ("recovered", [])
    again = (await people.post("operator", f"/v1/stuck/{case}/retry", WHY)).json()
    assert (again["result"], again["why"]) == ("not_executed", "已不再卡住（原因已消失）")
    acts = (await people.get("auditor", "/v1/operator-acts?limit=20")).json()["items"]
    mine = [each for each in acts if each["request_id"] == case]
    assert [each["kind"] for each in mine] == ["stuck_retry"] * 3 + ["stuck_hand_over", "stuck_note"]
    assert {each["reason"] for each in mine} == {WHY["reason"], "交班", "已联系对方"}
    assert all(each["by"]["org"] == "operations" for each in mine)
    unknown = await people.post("operator", "/v1/stuck/NANTONG-NOTHING/retry", WHY)
    assert unknown.status_code == 404
    assert (await people.post("operator", f"/v1/stuck/{case}/reset", {"to": "nowhere", **WHY})).status_code == 422
    client = ShareflowClient(ground.temporal, ground.engine)
    assert (await types_in(client, case))[EventType.CASE_OPENED] == 1


async def test_a_batch_tells_of_each_what_came_of_it(
    people: People, stuck: Sequence[str], refusing: RefusedOpenings
) -> None:
    prepared = await people.post("operator", "/v1/stuck/batches", {"cause": CAUSE, **WHY}, **(once := fresh_key()))
    assert prepared.status_code == 201
    there = prepared.json()
    assert (await people.post("operator", "/v1/stuck/batches", {"cause": CAUSE, **WHY}, **once)).json() == there
    assert (there["state"], there["waiting"]) == ("prepared", there["number"])
    assert set(stuck) <= {each["id"] for each in there["items"]}
    bad, by_itself, good = stuck
    refusing.all, refusing.refused = False, {bad}
    alone = await people.post("operator", f"/v1/stuck/{by_itself}/retry", WHY)
    assert alone.json()["result"] == "recovered"
    address = f"/v1/stuck/batches/{there['id']}"
    assert (await people.post("bureau", f"{address}/confirm", {})).status_code == 403
    for _ in range(2):
        assert (await people.post("operator", f"{address}/confirm", {})).status_code == 200

    async def finished() -> dict[str, Any] | None:
        told: dict[str, Any] = (await people.get("operator", address)).json()
        return told if told["state"] == "finished" else None

    told = await until(finished)
    came = {each["id"]: each for each in told["items"]}
    assert came[good]["result"] == "recovered"
    assert came[bad]["result"] == "still_stuck"
    assert "application_incomplete" in came[bad]["why"]
    assert (came[by_itself]["result"], came[by_itself]["result_label"]) == ("not_executed", "未执行")
    assert told["recovered"] + told["still_stuck"] + told["not_executed"] == told["number"] == len(there["items"])
    assert [each["id"] for each in told["items"]] == [each["id"] for each in there["items"]]
    acts = (await people.get("auditor", "/v1/operator-acts?limit=20")).json()["items"]
    batches = [each for each in acts if each["target"] == f"stuck/batch/{there['id']}"]
    assert [(each["kind"], each["details"]["subjects"]) for each in batches] == [("stuck_batch", told["number"])]
    assert (await people.post("operator", f"{address}/cancel", {})).json()["state"] == "finished"
    assert (await people.get("operator", "/v1/stuck/batches/none")).status_code == 404


async def test_a_batch_rests_goes_on_and_is_cancelled_between_its_parts(ground: Sandbox) -> None:
    """What a killed worker had begun is begun as such again, and all of them sum up to the list."""
    client, by = ShareflowClient(ground.temporal, ground.engine), Acting(subject="tester")
    batch_id, subjects = f"b{uuid.uuid4().hex}", [f"CN-{number:04}" for number in range(70)]
    await asyncio.to_thread(client.writer.prepare_batch, batch_id, "x", "y", by, subjects, 0)
    seen = list[tuple[str, bool]]()

    async def retry(subject: str, _: str | None, __: Acting, begun: bool) -> Remedied:
        seen.append((subject, begun))
        if subject == "CN-0003" and not begun:
            raise RuntimeError("the worker is killed")
        return Remedied(RemedyResult.RECOVERED)

    work = StuckBatches(ground.engine, retry)

    async def part() -> BatchPart:
        said: BatchPart = await ActivityEnvironment().run(work.mend_part, BatchOrder(batch_id=batch_id))
        return said

    def move(kind: ActKind) -> bool:
        return client.writer.move_batch(batch_id, NewAct(kind=kind, by=by, target=f"stuck/batch/{batch_id}"))

    assert (await part(), seen) == (BatchPart(done=0), [])  # nobody has confirmed it
    assert move(ActKind.STUCK_BATCH)
    assert not move(ActKind.STUCK_BATCH)
    with pytest.raises(RuntimeError):
        await part()
    assert (await part()).done >= 1
    assert ("CN-0003", True) in seen
    assert move(ActKind.STUCK_BATCH_SUSPEND)
    before = len(seen)
    assert await part() == BatchPart(done=0, rests=True)
    assert move(ActKind.STUCK_BATCH_RESUME)
    assert (await part()).done > 0
    assert len(seen) > before
    assert move(ActKind.STUCK_BATCH_CANCEL)
    assert not move(ActKind.STUCK_BATCH_RESUME)
    assert await part() == BatchPart(done=0)
    there = await asyncio.to_thread(client.reader.stuck_book.batch, batch_id)
    assert there is not None
    assert there.state is BatchState.CANCELLED
    assert sum(there.results.values()) == 70
    assert there.results[RemedyResult.NOT_EXECUTED] > 0
    assert {item.why for item in there.items if item.result is RemedyResult.NOT_EXECUTED} == {"cancelled"}
