"""The checks of what was promised of every case: its events, its clocks, its end."""

from collections.abc import Sequence

from domain.engine.records import Clock, RecordedEvent
from domain.engine.timers import next_instant
from domain.evidence import canonical_json, plain
from domain.statutes.clauses import clauses
from domain.words import (
    Basis,
    ClockState,
    EventType,
    Outcome,
    Stage,
)
from procedures.share_request.case import ShareRequestCase
from tests.domain.engine.machine import PaperLedger
from tests.domain.engine.promised import ACTS, AFTER, MOVES, MOVING, STATUTE_CLOCKS


def check_events(
    ledger: PaperLedger, events: Sequence[RecordedEvent], head: int, before: ShareRequestCase | None
) -> None:
    stage = before.stage if before else ledger.events[0].stage
    at = ledger.events[head - 1].at if head else ledger.events[0].at
    for seq, event in enumerate(events, start=head + 1):
        assert event.seq == seq
        assert at <= event.at <= ledger.now
        allowed_roles = ACTS.get(event.type.value, {"platform"})
        if event.data.get("by") == "registration":
            allowed_roles = {"platform"}
        assert event.actor.role.value in allowed_roles, f"{event.type} by {event.actor.role}"
        if event.type is EventType.CLOSED:
            assert event.stage is Stage.CLOSED
        elif event.stage is not stage:
            assert (stage.value, event.stage.value) in MOVES.get(event.type.value, ()), f"{event.type} moved {stage}"
        assert canonical_json(plain(event.data))
        assert RecordedEvent.model_validate_json(event.model_dump_json()) == event
        stage, at = event.stage, event.at
    assert ledger.case.head == len(ledger.events)
    assert ledger.case.stage is ledger.events[-1].stage
    assert ledger.case.last_at == ledger.events[-1].at


def check_clocks(ledger: PaperLedger, before: ShareRequestCase | None) -> None:
    clocks = ledger.case.clocks
    assert list(clocks) == list(range(1, len(clocks) + 1))
    quotes = {clause.quote for _, clause in clauses(ledger.statute)}
    # One act may be under two limits at once, each of an article of its own.
    open_limits = [(clock.id, clock.statute, clock.article) for clock in clocks.values() if clock.open]
    assert len(open_limits) == len(set(open_limits))
    for number, clock in clocks.items():
        assert clock.number == number
        check_basis(clock, quotes)
        check_instants(ledger, clock)
        if clock.state is ClockState.SUPERSEDED:
            check_successor(clock, [other for other in clocks.values() if other.supersedes == number])
        if clock.supersedes is not None:
            assert clocks[clock.supersedes].state is ClockState.SUPERSEDED
        if before is not None and number in before.clocks:
            check_change(before.clocks[number], clock)
        if clock.state is ClockState.RUNNING:
            # Promise: a notice supersedes every running clock that it changes.
            fresh = ledger.fresh(clock)
            assert (clock.due_date, clock.due_at, clock.provisional) == (
                fresh.due_date,
                fresh.due_at,
                fresh.provisional,
            )


def check_basis(clock: Clock, quotes: set[str]) -> None:
    if clock.basis is Basis.STATUTE:
        assert clock.id in STATUTE_CLOCKS
        assert clock.article
        assert clock.quote in quotes
    else:
        assert clock.id not in STATUTE_CLOCKS
        assert clock.article is None
        assert clock.quote is None


def check_instants(ledger: PaperLedger, clock: Clock) -> None:
    assert list(clock.warn_at) == sorted(set(clock.warn_at))
    assert all(clock.started_at < at for at in clock.warn_at)
    assert all(at < clock.due_at for at in clock.warn_at)
    rungs = [rung.at for rung in clock.rungs]
    assert rungs == sorted(rungs)
    assert all(at >= clock.due_at for at in rungs)
    assert 0 <= clock.warned <= len(clock.warn_at)
    assert 0 <= clock.climbed <= len(rungs)
    assert clock.open == (clock.state in (ClockState.RUNNING, ClockState.BREACHED) and clock.ended_at is None)
    about = [event for event in ledger.events if event.data.get("number") == clock.number]
    breaches = [event.at for event in about if event.type is EventType.CLOCK_BREACHED]
    missed = clock.state in (ClockState.BREACHED, ClockState.MET_LATE)
    assert breaches == ([clock.due_at] if missed else [])
    warned = [event.at for event in about if event.type is EventType.CLOCK_WARNED]
    assert warned == list(clock.warn_at[clock.warned - len(warned) : clock.warned])
    urged = [(event.data["level"], event.at) for event in about if event.type is EventType.URGED]
    assert urged == [(rung.level.value, rung.at) for rung in clock.rungs[: clock.climbed]]
    assert clock.climbed == 0 or missed
    match clock.state:
        case ClockState.RUNNING:
            assert clock.ended_at is None
            assert clock.due_at > ledger.events[-1].at
        case ClockState.MET | ClockState.SUPERSEDED | ClockState.CANCELLED:
            assert clock.ended_at is not None
            assert clock.started_at <= clock.ended_at < clock.due_at
        case ClockState.MET_LATE:
            assert clock.ended_at is not None
            assert clock.ended_at >= clock.due_at
    mets = [event for event in about if event.type is EventType.CLOCK_MET]
    assert [event.data["late"] for event in mets] == (
        [clock.state is ClockState.MET_LATE] if clock.state in (ClockState.MET, ClockState.MET_LATE) else []
    )


def check_successor(old: Clock, successors: Sequence[Clock]) -> None:
    assert len(successors) == 1
    new = successors[0]
    assert (new.id, new.basis, new.unit, new.started_at) == (old.id, old.basis, old.unit, old.started_at)
    assert new.amount >= old.amount
    assert (new.amount, new.due_at, new.provisional) != (old.amount, old.due_at, old.provisional)


def check_change(was: Clock, now: Clock) -> None:
    assert was.model_copy(update={name: getattr(now, name) for name in MOVING}) == now
    if was.ended_at is not None:
        assert was == now
    if was.state is not now.state:
        # Within one step a clock may run out and then be met late.
        between = AFTER[was.state] | {x for y in AFTER[was.state] for x in AFTER[y]}
        assert now.state in between
    assert was.warned <= now.warned
    assert was.climbed <= now.climbed


def check_end(ledger: PaperLedger) -> None:
    case, types = ledger.case, ledger.types()
    assert (case.outcome is not None) == (case.stage is Stage.CLOSED)
    assert types.count("closed") == (1 if case.closed else 0)
    if not case.closed:
        return
    assert types[-1] == "closed"
    assert next_instant(case) is None
    assert not any(clock.open for clock in case.clocks.values())
    last = {"granted": "granted", "declined": "declined", "withdrawn": "withdrawn"}
    for outcome, event in last.items():
        if case.outcome is not None and case.outcome.value == outcome:
            assert event in types
        elif outcome != "granted":
            assert event not in types
    decisions = [e.data["decision"] for e in ledger.events if e.type.value in ("adjudicated", "decided")]
    assert (case.outcome is Outcome.DENIED) == (decisions[-1:] == ["deny"])
    if case.outcome in (Outcome.REFUSED, Outcome.UNRESOLVED, Outcome.DENIED, Outcome.DECLINED):
        # What was granted and not delivered may be disputed, and then denied after all.
        referred = (
            len(types) - 1 - types[::-1].index("coordination_referred") if "coordination_referred" in types else 0
        )
        assert "granted" not in types[referred:]
    if "delivery" in {clock.id for clock in case.clocks.values()} and case.outcome is Outcome.GRANTED:
        assert "delivered" in types
