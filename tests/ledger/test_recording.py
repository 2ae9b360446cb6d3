"""Recording a step: once, whole, in order, whoever else writes."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from domain.engine.records import Step
from domain.evidence import ChainBroken, verify_chain
from domain.words import ClockState, EventType, Outcome, Stage
from ledger.errors import LedgerConflict
from ledger.queries import events_of, get_case, messages_after
from ledger.recording import record_step


def rows(engine: Engine, request_id: str) -> tuple[int, int, int]:
    """How many events, clocks and messages there are."""
    with engine.connect() as connection:
        return tuple(
            connection.execute(
                text(f"SELECT count(*) FROM {table} WHERE request_id = :id"), {"id": request_id}
            ).scalar_one()
            for table in ("events", "clocks", "outbox")
        )


def test_a_filing_is_recorded_whole(engine: Engine, steps, resolve) -> None:
    result = record_step(engine, steps.filing(key="k1"), resolve, "sm3")
    assert result.applied
    assert [event.seq for event in result.events] == [1, 2]
    case = get_case(engine, steps.request_id)
    assert (case.seq, case.head_digest, case.stage) == (2, result.events[-1].digest, Stage.PROVIDER_ANSWER)
    assert (case.statute_digest, case.policy_digest) == ("d" * 64, "e" * 64)
    assert case.clocks == (result.events[1].clock,)
    assert rows(engine, steps.request_id) == (2, 1, 2)


@pytest.mark.parametrize("key", [None, "k1"])
def test_the_same_step_twice_writes_once(engine: Engine, steps, resolve, key) -> None:
    first = record_step(engine, steps.filing(key=key), resolve, "sm3")
    again = record_step(engine, steps.filing(key=key), resolve, "sm3")
    assert again == first
    assert json.loads(again.model_dump_json()) == json.loads(first.model_dump_json())
    later = steps.step(2, [steps.event(EventType.REFUSED, 5, Stage.REFUSED, reason="涉密")], key and f"{key}-later")
    first = record_step(engine, later, resolve, "sm3")
    assert record_step(engine, later, resolve, "sm3") == first
    assert rows(engine, steps.request_id) == (3, 1, 3)


def test_a_step_is_known_again_after_its_calendar_changed(engine: Engine, steps, resolve) -> None:
    first = record_step(engine, steps.filing(), resolve, "sm3")

    def other(*arguments):
        clock = resolve(*arguments)
        return clock.model_copy(update={"due_at": clock.due_at + timedelta(days=1), "calendar_edition": "x"})

    assert record_step(engine, steps.filing(), other, "sm3") == first


def test_a_step_that_survived_a_round_trip_is_the_same_step(engine: Engine, steps, resolve) -> None:
    first = record_step(engine, steps.filing(), resolve, "sm3")
    carried = Step.model_validate_json(steps.filing().model_dump_json())
    assert record_step(engine, carried, resolve, "sm3") == first


def test_the_key_alone_makes_it_the_same_step(engine: Engine, steps, resolve) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    record_step(engine, steps.step(2, [steps.event(EventType.GRANTED, 5)], "k"), resolve, "sm3")
    later = record_step(engine, steps.step(2, [steps.event(EventType.GRANTED, 9)], "k"), resolve, "sm3")
    assert later.applied
    assert [event.at.minute for event in later.events] == [5]


@pytest.mark.parametrize("change", ["type", "at", "data", "key", "more"])
def test_another_step_learns_who_was_there_before(engine: Engine, steps, resolve, change: str) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    winner = record_step(engine, steps.step(2, [steps.event(EventType.GRANTED, 5, n=1)], "a"), resolve, "sm3")
    others = {
        "type": ([steps.event(EventType.REFUSED, 5, n=1)], None),
        "at": ([steps.event(EventType.GRANTED, 6, n=1)], None),
        "data": ([steps.event(EventType.GRANTED, 5, n=2)], None),
        "key": ([steps.event(EventType.GRANTED, 5, n=1)], "b"),
        "more": ([steps.event(EventType.GRANTED, 5, n=1), steps.event(EventType.CLOSED, 5)], None),
    }
    events, key = others[change]
    loser = record_step(engine, steps.step(2, events, key), resolve, "sm3")
    assert not loser.applied
    assert loser.events == winner.events
    assert rows(engine, steps.request_id)[0] == 3


def test_a_look_writes_nothing(engine: Engine, steps, resolve) -> None:
    look = record_step(engine, steps.step(0, []), resolve, "sm3")
    assert (look.applied, look.events) == (True, ())
    filed = record_step(engine, steps.filing(), resolve, "sm3")
    look = record_step(engine, steps.step(0, []), resolve, "sm3")
    assert (look.applied, look.events) == (False, filed.events)
    look = record_step(engine, steps.step(2, []), resolve, "sm3")
    assert (look.applied, look.events) == (True, ())


def test_steps_that_can_never_be_recorded(engine: Engine, steps, more_steps, resolve) -> None:
    with pytest.raises(LedgerConflict, match="no request"):
        record_step(engine, steps.step(3, [steps.event(EventType.GRANTED)]), resolve, "sm3")
    record_step(engine, steps.filing(), resolve, "sm3")
    with pytest.raises(LedgerConflict, match="ledger ends at 2"):
        record_step(engine, steps.step(3, [steps.event(EventType.GRANTED)]), resolve, "sm3")
    other = more_steps()
    with pytest.raises(LedgerConflict, match="filing key"):
        record_step(engine, other.filing(filing_key=f"key-{steps.request_id}"), resolve, "sm3")
    assert get_case(engine, other.request_id) is None
    with pytest.raises(LedgerConflict, match="header"):
        record_step(engine, other.filing(statute=""), resolve, "sm3")
    again = steps.event(EventType.CLOCK_STARTED, 3, order=steps.order(1))
    with pytest.raises(LedgerConflict, match="clock number 1"):
        record_step(engine, steps.step(2, [again]), resolve, "sm3")
    with pytest.raises(LedgerConflict, match="float"):
        record_step(engine, steps.step(2, [steps.event(EventType.GRANTED, price=1.5)]), resolve, "sm3")
    assert rows(engine, steps.request_id) == (2, 1, 2)


def test_sixteen_writers_one_wins(engine: Engine, steps, resolve) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    gate = threading.Barrier(16)

    def write(n: int):
        step = steps.step(2, [steps.event(EventType.TERMS_PROPOSED, n, n=n), steps.event(EventType.URGED, n)], f"k{n}")
        gate.wait()
        return record_step(engine, step, resolve, "sm3")

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(write, range(16)))
    assert sum(result.applied for result in results) == 1
    winner = next(result for result in results if result.applied)
    assert all(result.events == winner.events for result in results)
    assert rows(engine, steps.request_id) == (4, 1, 4)


def test_sixteen_attempts_at_one_filing(engine: Engine, steps, resolve) -> None:
    gate = threading.Barrier(16)

    def write(_: int):
        gate.wait()
        return record_step(engine, steps.filing(key="k"), resolve, "sm3")

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(write, range(16)))
    assert all(result == results[0] and result.applied for result in results)
    assert rows(engine, steps.request_id) == (2, 1, 2)


@pytest.mark.parametrize("algorithm", ["sm3", "sha256"])
def test_the_chain_verifies_after_a_round_trip(engine: Engine, steps, resolve, algorithm) -> None:
    record_step(engine, steps.filing(), resolve, algorithm)
    odd = {"z": [1, {"ü": None, "a": "𠮷\n\"'\\/"}], "a": True, "big": 2**53 - 1, "": ""}
    # The case keeps the algorithm it was filed with.
    at = steps.event(EventType.TERMS_PROPOSED, 1 / 6e7, terms=odd)
    record_step(engine, steps.step(2, [at], "k"), resolve, "sm3")
    events = events_of(engine, steps.request_id)
    case = get_case(engine, steps.request_id)
    assert case.algorithm == algorithm
    verify_chain(events, algorithm, head=case.head_digest)
    tampered = [*events[:2], events[2].model_copy(update={"data": {"terms": {**odd, "a": False}}})]
    with pytest.raises(ChainBroken, match="Event 3"):
        verify_chain(tampered, algorithm)


def test_clocks_follow_their_events(engine: Engine, steps, resolve) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    record_step(
        engine,
        steps.step(
            2,
            [
                steps.event(EventType.CLOCK_WARNED, 10, number=1),
                steps.event(EventType.CLOCK_BREACHED, 20, number=1),
                steps.event(EventType.URGED, 20, number=1, rung=0, level="notice"),
            ],
        ),
        resolve,
        "sm3",
    )
    (clock,) = get_case(engine, steps.request_id).clocks
    assert (clock.state, clock.warned, clock.climbed, clock.ended_at) == (ClockState.BREACHED, 1, 1, None)
    assert get_case(engine, steps.request_id).overdue
    ending = [
        steps.event(EventType.GRANTED, 30),
        steps.event(EventType.CLOCK_MET, 30, number=1, late=True),
        steps.event(EventType.CLOCK_STARTED, 30, order=steps.order(2, id="delivery")),
        steps.event(EventType.CLOCK_CANCELLED, 30, Stage.CLOSED, number=2),
        steps.event(EventType.CLOSED, 30, Stage.CLOSED, outcome="granted"),
    ]
    record_step(engine, steps.step(5, ending), resolve, "sm3")
    case = get_case(engine, steps.request_id)
    assert [clock.state for clock in case.clocks] == [ClockState.MET_LATE, ClockState.CANCELLED]
    assert case.clocks[0].ended_at == case.closed_at == ending[0].at
    assert (case.outcome, case.stage) == (Outcome.GRANTED, Stage.CLOSED)
    assert not case.overdue
    messages = [m for m in messages_after(engine, 0, 100_000) if m.request_id == steps.request_id]
    assert [message.seq for message in messages] == list(range(1, 11))


def test_a_failure_midway_leaves_nothing(engine: Engine, steps, resolve) -> None:
    step = steps.filing()
    broken = step.model_copy(update={"events": [*step.events, steps.event(EventType.CLOSED, outcome="nonsense")]})
    with pytest.raises(ValueError, match="nonsense"):
        record_step(engine, broken, resolve, "sm3")
    assert get_case(engine, steps.request_id) is None
    assert rows(engine, steps.request_id) == (0, 0, 0)


def test_an_event_and_its_clock_name_the_regulation_above_the_cases_own(engine: Engine, steps, resolve) -> None:
    filing = steps.filing()
    first = record_step(engine, filing, resolve, "sm3")
    assert {event.statute for event in first.events} == {"nantong-2020"}
    order = steps.order(2).model_copy(update={"article": "22", "statute": "cn-809-2025"})
    started = steps.event(EventType.CLOCK_STARTED, 5, Stage.DELIVERY, number=2, clock="delivery")
    granted = steps.event(EventType.GRANTED, 5, Stage.DELIVERY)
    step = steps.step(
        2,
        [
            granted.model_copy(update={"article": "21", "statute": "cn-809-2025"}),
            started.model_copy(update={"order": order, "article": "22", "statute": "cn-809-2025"}),
        ],
    )
    written = record_step(engine, step, resolve, "sm3")
    assert [event.statute for event in written.events] == ["cn-809-2025"] * 2
    assert record_step(engine, step, resolve, "sm3") == written  # the same step again is known
    case = get_case(engine, steps.request_id)
    assert [clock.statute for clock in case.clocks] == [None, "cn-809-2025"]
    events = events_of(engine, steps.request_id)
    assert [event.clock.statute for event in events if event.clock] == [None, "cn-809-2025"]
    verify_chain(events, "sm3", head=case.head_digest)
    with pytest.raises(DBAPIError, match="does not change"), engine.begin() as connection:
        connection.execute(
            text("UPDATE clocks SET seq = 1 WHERE request_id = :id AND number = 2"),
            {"id": steps.request_id},
        )
