"""Recording a step: once, whole, in order, whoever else writes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import reduce

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from activities.ledger_steps import LedgerSteps
from domain.calendar import Calendar
from domain.engine.evolve import fold_clock
from domain.engine.records import NumberedEvent, Step
from domain.evidence import ChainBroken, numbered, verify_chain
from domain.log.acts import Acting
from domain.words import ClockState, EventType, Outcome, Stage
from ledger.errors import CalendarChanged, LedgerConflict
from ledger.queries import events_of, get_case, messages_after
from ledger.queries.calendars import store_edition
from ledger.recording import record_step
from tests.ledger.conftest import T0
from tests.ledger.test_calendar_store import edition


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
    assert (result.applied, result.head, result.algorithm, result.events) == (True, 2, "sm3", ())
    case = get_case(engine, steps.request_id)
    assert (case.seq, case.head_digest, case.stage) == (2, result.digest, Stage.PROVIDER_ANSWER)
    assert (case.statute_digest, case.policy_digest) == ("d" * 64, "e" * 64)
    events = events_of(engine, steps.request_id)
    assert case.clocks == (events[1].clock,)
    assert numbered(steps.filing().events, 0, "nantong-2020", "k1", result.dues) == tuple(
        NumberedEvent(**event.model_dump(exclude={"prev", "digest", "salt"})) for event in events
    )
    assert rows(engine, steps.request_id) == (2, 1, 2)


@pytest.mark.parametrize("key", [None, "k1"])
def test_the_same_step_twice_writes_once(engine: Engine, steps, resolve, key) -> None:
    first = record_step(engine, steps.filing(key=key), resolve, "sm3")
    again = record_step(engine, steps.filing(key=key), resolve, "sm3")
    assert again.applied
    assert (again.head, again.digest, again.events) == (first.head, first.digest, events_of(engine, steps.request_id))
    later = steps.step(2, [steps.event(EventType.REFUSED, 5, Stage.REFUSED, reason="涉密")], key and f"{key}-later")
    first = record_step(engine, later, resolve, "sm3")
    again = record_step(engine, later, resolve, "sm3")
    assert again.applied
    assert (again.head, again.digest) == (first.head, first.digest)
    assert [event.type for event in again.events] == [EventType.REFUSED]
    assert rows(engine, steps.request_id) == (3, 1, 3)


def test_a_step_is_known_again_after_its_calendar_changed(engine: Engine, steps, resolve) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")

    def other(*arguments):
        clock = resolve(*arguments)
        return clock.model_copy(update={"due_at": clock.due_at + timedelta(days=1), "calendar_edition": "x"})

    again = record_step(engine, steps.filing(), other, "sm3")
    assert (again.applied, again.events) == (True, events_of(engine, steps.request_id))


def test_a_step_that_survived_a_round_trip_is_the_same_step(engine: Engine, steps, resolve) -> None:
    first = record_step(engine, steps.filing(), resolve, "sm3")
    carried = Step.model_validate_json(steps.filing().model_dump_json())
    again = record_step(engine, carried, resolve, "sm3")
    assert (again.applied, again.digest) == (True, first.digest)


def test_the_same_step_at_once_by_two_is_written_once(engine: Engine, steps, resolve) -> None:
    filed = record_step(engine, steps.filing(), resolve, "sm3")
    step = steps.step(2, [steps.event(EventType.GRANTED, 5)], "k~f")
    step = step.model_copy(update={"prev": filed.digest, "algorithm": "sm3"})
    gate = threading.Barrier(2)

    def write(_: int):
        gate.wait()
        return record_step(engine, step, resolve, "sm3")

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(write, range(2))
    assert one.applied
    assert other.applied
    assert (one.head, one.digest) == (other.head, other.digest)
    assert rows(engine, steps.request_id)[0] == 3


def test_a_callers_key_is_for_one_command(engine: Engine, steps, resolve) -> None:
    record_step(engine, steps.filing(key="mine~filing"), resolve, "sm3")
    granted = record_step(engine, steps.step(2, [steps.event(EventType.GRANTED, 5)], "other~a"), resolve, "sm3")
    for reused in ("mine~x", "other~b"):
        no = record_step(engine, steps.step(3, [steps.event(EventType.URGED, 6)], reused), resolve, "sm3")
        assert (no.applied, no.key_reused, no.head, no.digest) == (False, True, 3, granted.digest)
    before = record_step(engine, steps.step(3, [steps.event(EventType.GRANTED, 5)], "other~a"), resolve, "sm3")
    assert (before.applied, before.key_reused, [event.seq for event in before.events]) == (True, False, [3])
    assert rows(engine, steps.request_id)[0] == 3


def test_a_filing_key_is_for_one_request(engine: Engine, steps, more_steps, resolve) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    other = more_steps()
    no = record_step(engine, other.filing(filing_key=f"key-{steps.request_id}"), resolve, "sm3")
    assert (no.applied, no.key_reused, no.events) == (False, True, ())
    assert get_case(engine, other.request_id) is None
    assert record_step(engine, other.filing(), resolve, "sm3").applied


def test_a_step_on_another_chain_is_never_recorded(engine: Engine, steps, resolve) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    step = steps.step(2, [steps.event(EventType.GRANTED, 5)], "k")
    with pytest.raises(LedgerConflict, match="another one in the ledger"):
        record_step(engine, step.model_copy(update={"prev": "f" * 64, "algorithm": "sm3"}), resolve, "sm3")
    assert rows(engine, steps.request_id) == (2, 1, 2)


def test_a_step_counted_with_an_older_calendar_is_counted_again(own: Engine, steps, resolve) -> None:
    engine = own
    record_step(engine, steps.filing(), resolve, "sm3", editions=0)
    store_edition(engine, edition(), Acting(subject="tester"), 0)
    again = steps.step(2, [steps.event(EventType.CLOCK_STARTED, 3, order=steps.order(2), number=2)])
    with pytest.raises(CalendarChanged):
        record_step(engine, again, resolve, "sm3", editions=0)
    assert rows(engine, steps.request_id) == (2, 1, 2)
    # What starts no clock does not care, and the worker's own activity takes the new calendar by itself.
    record_step(engine, steps.step(2, [steps.event(EventType.URGED, 2)]), resolve, "sm3", editions=0)
    worker = LedgerSteps(engine, Calendar.packaged())
    (due,) = worker.record_step(again.model_copy(update={"head": 3})).dues
    assert due.calendar_edition.startswith("2026-")
    engine.dispose()


def test_a_writer_whose_server_has_dropped_it_takes_another_connection(engine: Engine, steps, resolve) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    with engine.begin() as connection:
        dropped = text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE query LIKE 'SELECT record_step%' AND pid <> pg_backend_pid()"
        )
        assert connection.execute(dropped).scalar_one() > 0
    step = steps.step(2, [steps.event(EventType.GRANTED, 5)], "k")
    assert record_step(engine, step, resolve, "sm3").head == 3


def test_the_row_of_a_case_says_what_its_clocks_and_events_say(engine: Engine, steps, resolve) -> None:
    def row():
        with engine.connect() as connection:
            query = text("SELECT due_at, breached, extension_asked, closed_at FROM cases WHERE request_id = :id")
            return tuple(connection.execute(query, {"id": steps.request_id}).one())

    def write(head: int, *events) -> None:
        record_step(engine, steps.step(head, events), resolve, "sm3")

    record_step(engine, steps.filing(), resolve, "sm3")
    due = steps.order().started_at + timedelta(days=13)
    assert row() == (due, False, False, None)
    write(2, steps.event(EventType.EXTENSION_REQUESTED, 1))
    assert row() == (due, False, True, None)
    write(3, steps.event(EventType.CLOCK_STARTED, 2, order=steps.order(2, started_at=T0 - timedelta(days=1))))
    assert row() == (due - timedelta(days=1), False, True, None)
    write(4, steps.event(EventType.CLOCK_BREACHED, 3, number=2), steps.event(EventType.EXTENSION_DENIED, 3))
    assert row() == (due - timedelta(days=1), True, False, None)
    write(6, steps.event(EventType.CLOCK_MET, 4, number=2))
    assert row() == (due, False, False, None)
    closed = steps.event(EventType.CLOSED, 5, Stage.CLOSED, outcome="granted")
    write(7, steps.event(EventType.CLOCK_SUPERSEDED, 5, number=1), closed)
    assert row() == (None, False, False, closed.at)
    assert get_case(engine, steps.request_id).clocks == tuple(
        reduce(fold_clock, events_of(engine, steps.request_id), {}).values()
    )


def test_the_key_alone_makes_it_the_same_step(engine: Engine, steps, resolve) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    record_step(engine, steps.step(2, [steps.event(EventType.GRANTED, 5)], "k"), resolve, "sm3")
    later = record_step(engine, steps.step(2, [steps.event(EventType.GRANTED, 9)], "k"), resolve, "sm3")
    assert later.applied
    assert [event.at.minute for event in later.events] == [5]


@pytest.mark.parametrize("change", ["type", "at", "data", "key", "more"])
def test_another_step_learns_who_was_there_before(engine: Engine, steps, resolve, change: str) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    record_step(engine, steps.step(2, [steps.event(EventType.GRANTED, 5, n=1)], "a"), resolve, "sm3")
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
    assert loser.events == events_of(engine, steps.request_id, after=2)
    assert rows(engine, steps.request_id)[0] == 3


def test_a_look_writes_nothing(engine: Engine, steps, resolve) -> None:
    look = record_step(engine, steps.step(0, []), resolve, "sm3")
    assert (look.applied, look.events) == (True, ())
    filed = record_step(engine, steps.filing(), resolve, "sm3")
    look = record_step(engine, steps.step(0, []), resolve, "sm3")
    assert (look.applied, look.events) == (False, events_of(engine, steps.request_id))
    assert (look.head, look.digest, look.algorithm) == (2, filed.digest, "sm3")
    look = record_step(engine, steps.step(2, []), resolve, "sm3")
    assert (look.applied, look.events) == (True, ())


def test_steps_that_can_never_be_recorded(engine: Engine, steps, more_steps, resolve) -> None:
    with pytest.raises(LedgerConflict, match="no request"):
        record_step(engine, steps.step(3, [steps.event(EventType.GRANTED)]), resolve, "sm3")
    record_step(engine, steps.filing(), resolve, "sm3")
    with pytest.raises(LedgerConflict, match="ledger ends at 2"):
        record_step(engine, steps.step(3, [steps.event(EventType.GRANTED)]), resolve, "sm3")
    other = more_steps()
    with pytest.raises(LedgerConflict, match="text"):
        record_step(engine, other.filing(policy_digest="0" * 64), resolve, "sm3")
    with pytest.raises(LedgerConflict, match="header"):
        record_step(engine, other.filing(statute=""), resolve, "sm3")
    again = steps.event(EventType.CLOCK_STARTED, 3, order=steps.order(1))
    with pytest.raises(LedgerConflict, match="such a clock"):
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
    there = events_of(engine, steps.request_id, after=2)
    assert all(result.applied or result.events == there for result in results)
    assert rows(engine, steps.request_id) == (4, 1, 4)


def test_sixteen_attempts_at_one_filing(engine: Engine, steps, resolve) -> None:
    gate = threading.Barrier(16)

    def write(_: int):
        gate.wait()
        return record_step(engine, steps.filing(key="k"), resolve, "sm3")

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(write, range(16)))
    assert all(result.applied and result.digest == results[0].digest for result in results)
    assert sorted(bool(result.events) for result in results) == [False, *[True] * 15]
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
    record_step(engine, filing, resolve, "sm3")
    assert {event.statute for event in events_of(engine, steps.request_id)} == {"nantong-2020"}
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
    record_step(engine, step, resolve, "sm3")
    again = record_step(engine, step, resolve, "sm3")  # the same step again is known
    assert again.applied
    assert [event.statute for event in again.events] == ["cn-809-2025"] * 2
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
