"""The time of an engine under test: it moves when told, for every case, and the calendar's notices come with it."""

import asyncio
import threading
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from domain.engine.decision import Decision
from domain.engine.records import Clock
from domain.words import Outcome, ProcedureName
from embedded.testing.background import in_background
from embedded.testing.engine import ShareflowEngine, running_engine
from embedded.testing.skipped_time import AT_ONCE
from procedures.registry import PROCEDURES
from procedures.share_request.process import SHARE_REQUEST
from shareflow import Client
from starter.errors import NeedsOperator
from tests.client.people import PROVIDER, REQUESTER, application

BEGINS = datetime.fromisoformat("2020-01-22T10:00:00+08:00")


@pytest.fixture(scope="module")
def engine() -> Iterator[ShareflowEngine]:
    """An engine of the year 2020."""
    with running_engine(BEGINS) as running:
        yield running


@pytest.fixture
def requester(engine: ShareflowEngine) -> Client:
    return engine.client("requester", REQUESTER)


@pytest.fixture
def provider(engine: ShareflowEngine) -> Client:
    return engine.client("provider", PROVIDER)


def test_a_notice_becomes_known_on_the_way(engine: ShareflowEngine, requester: Client, provider: Client) -> None:
    """On 26 January 2020 the Spring Festival was prolonged: a limit that was running ends two days later."""
    assert abs(engine.now - BEGINS) < timedelta(minutes=1)
    case = requester.file("changshu-2019", application())
    first = case.clock("provider_answer")
    assert first.due_date == date(2020, 2, 4)
    engine.advance(until=datetime.fromisoformat("2020-02-06T23:00:00+08:00"))
    case = requester.get(case.request_id)
    assert [(clock.due_date, clock.state) for clock in case.clocks] == [
        (date(2020, 2, 4), "superseded"),
        (date(2020, 2, 6), "running"),
    ]
    done = provider.command(case.request_id, "grant", terms={"mode": "api"})
    assert "clock_met" in done.events
    superseded = next(event for event in requester.events(case.request_id) if event.type == "clock_superseded")
    assert superseded.at.date() == date(2020, 1, 26)


def test_every_open_case_moves_and_what_happens_has_its_own_instant(
    engine: ShareflowEngine, requester: Client, provider: Client
) -> None:
    early = [requester.file("changshu-2019", application()) for _ in range(AT_ONCE + 1)]
    engine.advance(days=1)
    late = requester.file("changshu-2019", application())
    assert late.filed_at is not None
    assert early[0].filed_at is not None
    assert timedelta(days=1) <= late.filed_at - early[0].filed_at < timedelta(days=1, minutes=1)
    due = [_clock(requester.get(case.request_id)).due_at for case in early]
    assert _clock(late).due_at > due[0]
    engine.advance(until=due[0])
    for case in early:
        assert _clock(requester.get(case.request_id)).state == "breached"
    assert _clock(requester.get(late.request_id)).state == "running"
    breached = next(event for event in requester.events(early[0].request_id) if event.type == "clock_breached")
    assert breached.at == due[0]
    done = provider.command(early[0].request_id, "grant")
    assert done.case.closed_at is not None
    assert due[0] <= done.case.closed_at < due[0] + timedelta(minutes=1)
    assert _clock(done.case).state == "met_late"
    for case in (*early[1:], late):  # the time of other tests goes by without them
        provider.command(case.request_id, "grant")


def test_a_command_just_inside_the_limit_is_in_time(
    engine: ShareflowEngine, requester: Client, provider: Client
) -> None:
    case = requester.file("changshu-2019", application())
    engine.advance(until=_clock(case).due_at - timedelta(minutes=1))
    assert _clock(provider.command(case.request_id, "grant").case).state == "met"


def test_a_closed_case_stays_as_it_was(engine: ShareflowEngine, requester: Client, provider: Client) -> None:
    case = requester.file("changshu-2019", application())
    done = provider.command(case.request_id, "grant")
    engine.advance(days=400)
    assert requester.get(case.request_id).head == done.head


def test_a_waiting_caller_sees_a_limit_lapse(engine: ShareflowEngine, requester: Client, provider: Client) -> None:
    case = requester.file("changshu-2019", application())
    provider.command(case.request_id, "refuse", reason="涉及未成年人信息")
    threading.Timer(0.3, engine.advance, kwargs={"days": 90}).start()
    assert requester.wait_for(case.request_id, stage="closed", timeout=60).outcome == "refused"


def test_a_second_advance_waits_for_the_first(engine: ShareflowEngine, requester: Client) -> None:
    case = requester.file("changshu-2019", application())
    begun = engine.now
    threads = [threading.Thread(target=engine.advance, kwargs={"until": begun + timedelta(days=n)}) for n in (3, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert timedelta(days=40) <= engine.now - begun < timedelta(days=40, minutes=1)
    assert _clock(requester.get(case.request_id)).state == "breached"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({}, "either days or until"),
        ({"days": 1, "until": datetime.now(UTC)}, "either days or until"),
        ({"days": -1}, "only goes forward"),
        ({"until": datetime(2060, 1, 1)}, "needs an offset"),  # noqa: DTZ001 - that is what is told
    ],
)
def test_what_is_no_advance_is_a_mistake_of_the_test(engine: ShareflowEngine, how: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        engine.advance(**how)


def test_time_does_not_go_back(engine: ShareflowEngine) -> None:
    before = engine.now
    assert before <= engine.advance(until=BEGINS) <= before + timedelta(minutes=1)


def test_a_role_that_is_none_is_told_at_once(engine: ShareflowEngine) -> None:
    with pytest.raises(ValueError, match="king"):
        engine.client("king")


def test_a_bureau_sees_its_own_jurisdiction(engine: ShareflowEngine, requester: Client) -> None:
    case = requester.file("changshu-2019", application())
    assert engine.client("bureau", jurisdiction=["changshu"]).get(case.request_id).head == case.head
    with pytest.raises(Exception, match="not_found"):
        engine.client("bureau", jurisdiction=["nantong"]).get(case.request_id)


def test_what_cannot_be_started_is_told_to_the_test() -> None:
    class Broken:
        async def __aenter__(self) -> None:
            raise OSError("no room")

        async def __aexit__(self, *_: object) -> None:
            raise AssertionError

    with pytest.raises(OSError, match="no room"), in_background(Broken):
        raise AssertionError


def test_after_its_end_an_engine_says_so() -> None:
    class Short:
        async def __aenter__(self) -> str:
            return "inside"

        async def __aexit__(self, *_: object) -> None:
            pass

    with in_background(Short) as background:
        assert background.inside == "inside"
    with pytest.raises(RuntimeError, match="has stopped"):
        background.call(asyncio.sleep(0))


def _clock(case: Any) -> Any:
    return case.clock("provider_answer")


def test_a_case_whose_code_fails_is_told_and_the_others_move(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that leads where no process declares: nobody waits for it for ever."""

    def closes(decision: Decision[Any], _: Clock) -> None:
        decision.close(Outcome.REFUSED)

    broken = replace(SHARE_REQUEST, on_breach=closes)
    monkeypatch.setitem(cast(MutableMapping[ProcedureName, Any], PROCEDURES), ProcedureName.SHARE_REQUEST, broken)
    with running_engine(BEGINS) as engine:
        requester, provider = engine.client("requester", REQUESTER), engine.client("provider", PROVIDER)
        fails, goes_on = (requester.file("changshu-2019", application()) for _ in range(2))
        provider.command(goes_on.request_id, "refuse", reason="not_shareable")
        with pytest.raises(NeedsOperator) as told:
            engine.advance(days=60)
        assert str(told.value) == (
            f"{fails.request_id} does not move, for its code fails: "
            "provider_answer leads from provider_answer to closed, which is not declared."
        )
        assert requester.get(fails.request_id).outcome is None
        assert requester.get(goes_on.request_id).outcome == "refused"
