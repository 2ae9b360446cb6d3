"""The client on the real engine: what an integrator does, and what goes wrong on the way."""

import asyncio
import time
from datetime import date

import pytest

from shareflow import (
    Forbidden,
    InvalidInput,
    KeyReused,
    NotAuthenticated,
    NotFound,
    NotReached,
    RequestRefused,
    Stale,
    _calls,
)
from shareflow._waiting import LONGEST_POLL
from tests.client.faulty_server import FaultyServer, forward
from tests.client.people import Participants


async def test_a_request_from_filing_to_its_end(people: Participants) -> None:
    case = await people.filed("nantong-2020", legal_basis="社会救助暂行办法")
    assert (case.stage, case.stage_label, case.closed) == ("completeness_check", "规范性审查", False)
    assert [holder.role for holder in case.waiting_for] == ["bureau"]
    done = await people.bureau("command", case.request_id, "accept")
    assert (done.events[0], done.case.stage) == ("accepted", "provider_answer")
    assert [each.request_id for each in await people.provider.take("worklist", None)] == [case.request_id]
    with pytest.raises(RequestRefused) as refused:
        await people.provider("command", case.request_id, "refuse")
    assert refused.value.code == "reason_required"
    assert refused.value.article
    assert refused.value.statute == "nantong-2020"
    terms = {"scope": "姓名", "expires_on": date(2027, 9, 30)}
    await people.provider("command", case.request_id, "grant", terms=terms)
    ended = await people.requester("wait_for", case.request_id, outcome="granted", timeout=60)
    assert ended.closed_at is not None
    assert ended.application["purpose"] == "低保资格核验"
    clocks = await people.requester("clocks", case.request_id)
    assert [(clock.id, clock.state) for clock in clocks] == [("completeness_check", "met"), ("provider_answer", "met")]
    assert clocks == list(ended.clocks)


async def test_the_ledger_comes_whole_whatever_the_page(people: Participants, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_calls, "PAGE", 3)
    case = await people.filed()
    done = await people.provider("command", case.request_id, "refuse", reason="涉及未成年人信息")
    events = await people.requester.take("events", None, case.request_id)
    assert [event.seq for event in events] == list(range(1, done.head + 1))
    assert [event.prev for event in events[1:]] == [event.digest for event in events[:-1]]
    refused = next(event for event in events if event.type == "refused")
    assert (refused.actor.role, refused.actor.org) == ("provider", people.provider_code)
    assert refused.data["reason"] == "涉及未成年人信息"


async def test_a_lost_answer_does_not_file_twice(people: Participants, faulty: FaultyServer) -> None:
    url = people.engine.url
    faulty.will(forward(url, lose_answer=True), forward(url, lose_answer=True), forward(url))
    client = people.of("requester", people.requester_code, url=faulty.url)
    case = await client("file", "changshu-2019", people.application())
    assert len(faulty.asked) == 3
    assert [each.request_id for each in await people.requester.take("list", None)] == [case.request_id]
    events = await people.requester.take("events", None, case.request_id)
    assert [event.type for event in events].count("filed") == 1


async def test_a_lost_answer_does_not_command_twice(people: Participants, faulty: FaultyServer) -> None:
    case = await people.filed()
    faulty.will(forward(people.engine.url, lose_answer=True), forward(people.engine.url))
    client = people.of("provider", people.provider_code, url=faulty.url)
    done = await client("command", case.request_id, "refuse", reason="涉及未成年人信息")
    assert len(faulty.asked) == 2
    assert (done.events[0], done.case.stage) == ("refused", "refused")
    events = await people.requester.take("events", None, case.request_id)
    assert [event.type for event in events].count("refused") == 1


async def test_a_key_survives_a_restart_of_the_caller(people: Participants) -> None:
    key = f"{people.requester_code}/2026/1"
    first = await people.requester("file", "changshu-2019", people.application(), key=key)
    await people.provider("command", first.request_id, "grant")
    restarted = people.of("requester", people.requester_code)
    again = await restarted("file", "changshu-2019", people.application(), key=key)
    assert again.request_id == first.request_id
    with pytest.raises(KeyReused) as reused:
        await restarted("file", "changshu-2019", people.application(purpose="别的"), key=key)
    assert (reused.value.status, reused.value.key) == (422, key)


async def test_what_is_not_allowed_is_an_exception_of_its_own(people: Participants) -> None:
    case = await people.filed()
    with pytest.raises(NotFound):
        await people.of("requester", "SOMEBODY-ELSE")("get", case.request_id)
    with pytest.raises(NotFound):
        await people.requester("get", "NANTONG-NOSUCH")
    with pytest.raises(Forbidden):
        await people.of("auditor")("command", case.request_id, "grant")
    with pytest.raises(NotAuthenticated):
        await people.make(people.engine.url, "no token")("get", case.request_id)
    with pytest.raises(RequestRefused, match="wrong_stage"):
        await people.requester("command", case.request_id, "accept_refusal")
    with pytest.raises(RequestRefused, match="unknown_statute"):
        await people.requester("file", "atlantis-2020", people.application())
    with pytest.raises(InvalidInput) as invalid:
        await people.requester("file", "changshu-2019", people.application(resource={"sharing_class": "maybe"}))
    assert "request.resource.sharing_class" in [error.path for error in invalid.value.errors]


async def test_the_readers_language_is_that_of_labels_and_errors(people: Participants) -> None:
    case = await people.filed()
    english = people.of("provider", people.provider_code, language="en")
    assert (await english("get", case.request_id)).stage_label.isascii()
    with pytest.raises(RequestRefused) as refused:
        await english("command", case.request_id, "refuse")
    assert "reason" in refused.value.title


async def test_a_command_for_an_earlier_state_is_not_done(people: Participants) -> None:
    case = await people.filed()
    await people.bureau("command", case.request_id, "urge", level="notice")
    with pytest.raises(Stale):
        await people.provider("command", case.request_id, "grant", if_match=case.etag)
    fresh = await people.provider("get", case.request_id)
    done = await people.provider("command", case.request_id, "grant", if_match=fresh.etag)
    assert done.case.outcome == "granted"


async def test_a_caller_with_several_roles_says_in_which(people: Participants) -> None:
    case = await people.filed()
    both = people.of(["requester", "provider"], people.provider_code)
    done = await both("command", case.request_id, "grant", as_role="provider")
    assert done.case.outcome == "granted"


async def test_waiting_ends_when_somebody_acts(people: Participants) -> None:
    case = await people.filed()
    waiting = asyncio.create_task(people.requester("wait_for", case.request_id, stage=["refused", "closed"]))
    await people.bureau("command", case.request_id, "urge", level="notice")  # news, but not what is waited for
    await people.provider("command", case.request_id, "refuse", reason="涉及未成年人信息")
    begun = time.monotonic()
    assert (await waiting).stage == "refused"
    assert time.monotonic() - begun < LONGEST_POLL - 1, "the news, not the end of a poll"


async def test_waiting_can_be_for_anything(people: Participants) -> None:
    case = await people.filed()
    overdue = people.requester("wait_for", case.request_id, until=lambda case: case.overdue)
    waiting = asyncio.create_task(overdue)
    await asyncio.to_thread(people.engine.advance, until=case.due_at)
    assert (await waiting).clock("provider_answer").state == "breached"


async def test_waiting_ends_with_its_time_and_says_how_the_case_stood(people: Participants) -> None:
    case = await people.filed()
    begun = time.monotonic()
    with pytest.raises(NotReached) as missed:
        await people.requester("wait_for", case.request_id, stage="closed", timeout=1)
    assert 0.9 < time.monotonic() - begun < 20, "its time, not that of the call by default"
    assert missed.value.case.stage == "provider_answer"
    assert isinstance(missed.value, TimeoutError)


async def test_waiting_for_what_can_never_come_ends_at_once(people: Participants) -> None:
    case = await people.filed()
    await people.provider("command", case.request_id, "grant")
    with pytest.raises(NotReached, match="granted"):
        await people.requester("wait_for", case.request_id, outcome=["refused", "withdrawn"], timeout=60)


async def test_waiting_needs_to_know_for_what(people: Participants) -> None:
    with pytest.raises(ValueError, match="what for"):
        await people.requester("wait_for", "CHANGSHU-1")


async def test_lists_are_walked_and_filtered(people: Participants, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_calls, "PAGE", 2)
    filed = [(await people.filed()).request_id for _ in range(5)]
    await people.provider("command", filed[0], "grant")
    assert sorted(case.request_id for case in await people.requester.take("list", None)) == sorted(filed)
    granted = await people.provider.take("list", None, outcome="granted")
    assert [case.request_id for case in granted] == filed[:1]
    still_open = await people.bureau.take("list", None, requester=people.requester_code, open=True)
    assert len(still_open) == 4


async def test_events_come_as_they_happen_and_go_on_from_a_cursor(people: Participants) -> None:
    case = await people.filed()
    before = await people.requester("feed")
    assert {event.request_id for event in before.items} == {case.request_id}
    streaming = asyncio.create_task(people.requester.take("stream", 3, after=before.next))
    waiting = asyncio.create_task(people.requester("feed", before.next, wait=20))
    await people.provider("command", case.request_id, "grant", terms={"scope": "姓名"})
    events = await streaming
    assert [event.name for event in events] == ["granted", "clock_met", "closed"]
    assert events[0].data["actor"]["org"] == people.provider_code
    assert events[0].time == (await people.requester("get", case.request_id)).closed_at
    assert (await waiting).items[0].id == events[0].id
    again = await people.requester.take("stream", 1, after=events[0].cursor)
    assert again[0].id == events[1].id


async def test_a_stream_of_some_types_alone(people: Participants) -> None:
    case = await people.filed()
    await people.provider("command", case.request_id, "grant")
    wanted = ["cn.gov.shareflow.request.closed.v1", "filed"]
    assert [event.name for event in await people.requester.take("stream", 2, types=wanted)] == ["filed", "closed"]
    with pytest.raises(InvalidInput):
        await people.requester.take("stream", 1, types=["exploded"])


async def test_law_and_calendar(people: Participants) -> None:
    statutes = {statute.id: statute for statute in await people.requester("statutes")}
    assert statutes["nantong-2020"].title["zh"].startswith("南通市")
    due = await people.requester("calendar_due", date(2026, 9, 30), working_days=10)
    assert (due.due_date, due.provisional) == (date(2026, 10, 20), False)
    assert due.due_at.isoformat() == "2026-10-21T00:00:00+08:00"
    with pytest.raises(InvalidInput):
        await people.requester("calendar_due", date(2026, 9, 30))
