"""Questions: lists that neither skip nor repeat, worklists, and what operators ask."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event

from domain.engine.records import ShownClock
from domain.evidence import plain
from domain.stuck import StuckKind, Trouble
from domain.words import EventType, Stage
from ledger import queries
from ledger.errors import BadCursor
from ledger.queries import CaseFilter, Head, WorklistFilter
from ledger.queries.audited import audited_case, audited_cases
from ledger.queries.views import event_from
from ledger.recording import record_step
from ledger.single_calls import SingleCalls

NANTONG = frozenset({"nantong-2020"})
NOW = datetime(2026, 9, 18, 2, 0, tzinfo=UTC)


def file(engine: Engine, steps, resolve, **header) -> str:
    record_step(engine, steps.filing(**header), resolve, "sm3")
    return steps.request_id


def test_walking_the_cursors_shows_each_case_once(engine: Engine, more_steps, resolve) -> None:
    # Several share one instant: the id decides between them.
    filed = [
        file(engine, more_steps(), resolve, requester_code="LIST", filed_at=NOW + timedelta(seconds=n // 4))
        for n in range(13)
    ]
    wanted, seen, cursor = CaseFilter(requester="LIST"), [], None
    while True:
        page = queries.list_cases(engine, wanted, cursor, limit=5)
        seen += [case.request_id for case in page.cases]
        # Somebody files while we read.
        file(engine, more_steps(), resolve, requester_code="LIST", filed_at=NOW + timedelta(hours=1))
        cursor = page.next
        if cursor is None:
            break
    assert sorted(seen) == sorted(filed)
    times = [queries.get_case(engine, request_id).filed_at for request_id in seen]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("cursor", ["", "x", "!!", "bnVsbA", "WzEsMl0", "W10", "WyJ4IiwieSJd", "\u4e2d", "W" * 5000])
def test_a_foreign_cursor_is_refused(engine: Engine, cursor: str) -> None:
    with pytest.raises(BadCursor):
        queries.list_cases(engine, cursor=cursor)


def test_filters(engine: Engine, more_steps, resolve) -> None:
    one, two = more_steps(), more_steps()
    file(engine, one, resolve, requester_code="FA", provider_code="FB")
    file(engine, two, resolve, requester_code="FB", provider_code="FC", statute="yima-2021")
    breach = [one.event(EventType.CLOCK_BREACHED, 5, number=1)]
    record_step(engine, one.step(2, breach), resolve, "sm3")

    def found(**wanted: object) -> set[str]:
        page = queries.list_cases(engine, CaseFilter(**wanted), limit=500)
        return {case.request_id for case in page.cases} & {one.request_id, two.request_id}

    both = {one.request_id, two.request_id}
    assert found(party="FB") == both
    assert found(provider="FB") == found(party="FA") == {one.request_id}
    assert found(statute="yima-2021") == {two.request_id}
    assert found(stage=Stage.PROVIDER_ANSWER) == both
    assert found(stage=Stage.CLOSED) == found(open=False) == set()
    assert found(open=True) == both
    assert found(breached=True) == found(stuck=True) == {one.request_id}
    assert queries.park(engine, two.request_id, "worker away")
    assert found(stuck=True) == both
    assert queries.unpark(engine, two.request_id, "worker away")
    assert not queries.unpark(engine, two.request_id, "worker away")
    assert not queries.park(engine, "none", "x")


def test_what_holds_a_case_up_has_each_its_own_mark(engine: Engine, more_steps, resolve) -> None:
    one, two = more_steps(), more_steps()
    file(engine, one, resolve)
    file(engine, two, resolve)

    def reasons(steps) -> list[str]:
        return [each.reason for each in queries.get_case(engine, steps.request_id).parked]

    def held_up(*found: tuple[str, str]) -> None:
        """What is held up now, one of them a filing that the ledger never took; others' troubles are let be."""
        ours = [Trouble(subject, StuckKind.PARKED, reason, reason) for subject, reason in found]
        before = queries.parked_now(engine, "missing", timedelta(minutes=5))
        mine = {key: each for key, each in before.items() if key[0] in (one.request_id, two.request_id, "none")}
        queries.parked_are(engine, ours, mine)

    held_up((one.request_id, "a"), (one.request_id, "b"), (two.request_id, "a"), ("none", "a"))
    queries.park(engine, one.request_id, "missing")
    since = {each.reason: each.since for each in queries.get_case(engine, one.request_id).parked}
    assert (set(reasons(one)), reasons(two)) == ({"a", "b", "missing"}, ["a"])
    held_up((one.request_id, "b"))
    assert (reasons(one), reasons(two)) == (["b", "missing"], [])
    assert queries.get_case(engine, one.request_id).parked[0].since == since["b"]
    record_step(engine, one.step(2, [one.event(EventType.GRANTED)], "k"), resolve, "sm3")
    assert reasons(one) == ["b", "missing"]
    assert queries.unpark(engine, one.request_id, "missing")
    assert reasons(one) == ["b"]
    assert [head.request_id for head in queries.heads_parked_for(engine, "b")] == [one.request_id]
    listed = {case.request_id: case for case in queries.list_cases(engine, CaseFilter(stuck=True), limit=500).cases}
    assert [each.reason for each in listed[one.request_id].parked] == ["b"]


def test_a_worklist_has_the_most_pressing_first(engine: Engine, more_steps, resolve) -> None:
    def at(days: int) -> str:
        steps = more_steps()
        step = steps.filing(provider_code="WP")
        order = steps.order(started_at=NOW + timedelta(days=days))
        events = [step.events[0], steps.event(EventType.CLOCK_STARTED, order=order)]
        record_step(engine, step.model_copy(update={"events": events}), resolve, "sm3")
        return steps.request_id

    late, early, middle = at(9), at(1), at(5)
    timeless = more_steps()
    filing = timeless.filing(provider_code="WP")
    record_step(engine, filing.model_copy(update={"events": filing.events[:1]}), resolve, "sm3")
    mine = [WorklistFilter(frozenset({Stage.PROVIDER_ANSWER, Stage.DELIVERY}), NANTONG, "provider", "WP")]
    seen, cursor = [], None
    while True:
        page = queries.worklist(engine, mine, cursor, limit=1)
        seen += [case.request_id for case in page.cases]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [early, middle, late, timeless.request_id]
    delivering = WorklistFilter(frozenset({Stage.DELIVERY}), NANTONG, "provider", "WP")
    assert queries.worklist(engine, [delivering]).cases == ()
    assert queries.worklist(engine, []).cases == ()


def test_a_case_is_found_by_its_filing_key_and_events_by_theirs(engine: Engine, steps, resolve) -> None:
    record_step(engine, steps.filing(key="first"), resolve, "sm3")
    record_step(engine, steps.step(2, [steps.event(EventType.GRANTED)], "second"), resolve, "sm3")
    assert queries.case_by_filing_key(engine, f"key-{steps.request_id}").request_id == steps.request_id
    assert queries.case_by_filing_key(engine, "unknown") is None
    assert queries.get_case(engine, "unknown") is None
    assert [e.seq for e in queries.events_by_key(engine, steps.request_id, "first")] == [1, 2]
    assert queries.events_by_key(engine, steps.request_id, "third") == ()
    assert [e.seq for e in queries.events_of(engine, steps.request_id, after=1, limit=1)] == [2]


def test_a_callers_key_finds_the_command_whatever_its_fingerprint(engine: Engine, steps, resolve) -> None:
    file(engine, steps, resolve)
    record_step(engine, steps.step(2, [steps.event(EventType.GRANTED)], "a_%~f1"), resolve, "sm3")
    assert [e.key for e in queries.events_by_caller_key(engine, steps.request_id, "a_%")] == ["a_%~f1"]
    assert queries.events_by_caller_key(engine, steps.request_id, "a") == ()
    assert queries.events_by_caller_key(engine, steps.request_id, "axx") == ()


def test_heads_that_nobody_has_confirmed(engine: Engine, steps, resolve) -> None:
    file(engine, steps, resolve)
    updated = queries.get_case(engine, steps.request_id).updated_at

    def head() -> Head | None:
        found = queries.heads_unconfirmed(engine, updated, updated + timedelta(minutes=1))
        return {head.request_id: head for head in found}.get(steps.request_id)

    there = head()
    assert (there.seq, there.workflow_id) == (2, f"request/{steps.request_id}")
    assert queries.heads_unconfirmed(engine, updated, updated, there) == ()
    queries.confirm(engine, {steps.request_id: 1})
    assert head() == there
    queries.confirm(engine, {steps.request_id: 2})
    queries.confirm(engine, {steps.request_id: 1})
    assert head() is None
    record_step(engine, steps.step(2, [steps.event(EventType.GRANTED)], "k"), resolve, "sm3")
    assert head().seq == 3
    # Parking is the operators' business and changes no head.
    changed = queries.get_case(engine, steps.request_id).updated_at
    queries.park(engine, steps.request_id, "x")
    assert queries.get_case(engine, steps.request_id).updated_at == changed


def test_messages_carry_their_events(engine: Engine, steps, resolve) -> None:
    file(engine, steps, resolve, requester_code="MSG")
    messages = queries.messages_after(engine, 0, party="MSG")
    assert [message.payload["seq"] for message in messages] == [1, 2]
    ids = [message.id for message in messages]
    assert ids == sorted(set(ids))
    recorded = queries.events_of(engine, messages[0].request_id)
    assert [event_from(message.payload) for message in messages] == list(recorded)
    assert [message.payload for message in messages] == [plain(event) for event in recorded]  # as it was digested
    assert queries.messages_after(engine, ids[0], party="MSG") != ()


def test_a_reader_of_messages_misses_none_while_many_write(engine: Engine, more_steps, resolve) -> None:
    start = max((message.id for message in queries.messages_after(engine, 0, 100_000)), default=0)
    writers = [more_steps() for _ in range(40)]
    threads = [
        threading.Thread(target=lambda part=part: [file(engine, steps, resolve) for steps in part])
        for part in (writers[0::4], writers[1::4], writers[2::4], writers[3::4])
    ]
    for thread in threads:
        thread.start()
    seen, last = set(), start
    while True:
        writing = any(thread.is_alive() for thread in threads)
        news = queries.messages_after(engine, last, 7)
        seen |= {(message.request_id, message.seq) for message in news}
        last = news[-1].id if news else last
        if not news and not writing:
            break
    assert seen == {(steps.request_id, seq) for steps in writers for seq in (1, 2)}


def test_counts(engine: Engine, steps, resolve) -> None:
    file(engine, steps, resolve, statute="count-me")
    figures = queries.counts(engine)
    assert figures.cases["count-me", Stage.PROVIDER_ANSWER, None] == 1
    assert figures.running["provider_answer"] >= 1
    assert (figures.pending, figures.oldest_pending) == (0, None)  # nobody waits for messages


def test_a_case_with_its_clocks_is_one_question(engine: Engine, resolve, steps, monkeypatch) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    def noted(self: SingleCalls, statement: str, argument: str) -> object:
        asked.append(statement)
        return call(self, statement, argument)

    call = SingleCalls.call
    event.listen(engine, "before_cursor_execute", note)
    monkeypatch.setattr(SingleCalls, "call", noted)
    case = queries.get_case(engine, steps.request_id)
    event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 1
    assert [clock.number for clock in case.clocks] == [1]
    listed = queries.list_cases(engine, CaseFilter(requester=case.requester_code), limit=500).cases
    limits = tuple(
        ShownClock.model_validate(clock.model_dump(include={*ShownClock.model_fields})) for clock in case.clocks
    )
    assert limits in [each.clocks for each in listed if each.request_id == case.request_id]


def test_cases_come_whole_to_whoever_audits_them(engine: Engine, more_steps, resolve) -> None:
    days, filed = timedelta(days=1), []
    for n in range(5):
        steps = more_steps()
        filed.append(file(engine, steps, resolve, requester_code="AUDITED", filed_at=NOW + n * days))
        if n < 2:
            closing = [steps.event(EventType.CLOSED, (n + 1) * 24 * 60, Stage.CLOSED, outcome="declined")]
            record_step(engine, steps.step(2, closing), resolve, "sm3")
    wanted, seen, cursor = CaseFilter(party="AUDITED"), [], None
    while True:
        page = audited_cases(engine, wanted, cursor, 2)
        seen += page.cases
        if (cursor := page.next) is None:
            break
    assert [case.request_id for case in seen] == filed[::-1]
    for case in seen:
        assert case.events == queries.events_of(engine, case.request_id)
        assert case == audited_case(engine, case.request_id)
        assert case.application == queries.get_case(engine, case.request_id).application
    assert audited_case(engine, "NANTONG-NONE") is None

    def in_period(since: int | None, before: int | None) -> set[str]:
        stretch = (None if each is None else NOW + each * days for each in (since, before))
        narrowed = replace(wanted, **dict(zip(("since", "before"), stretch, strict=True)))
        return {case.request_id for case in audited_cases(engine, narrowed, None, 500).cases}

    assert in_period(None, None) == {*filed}
    assert in_period(2, None) == {*filed[1:]}
    assert in_period(3, None) == {*filed[2:]}
    assert in_period(None, 1) == {filed[0]}
    assert in_period(3, 4) == {filed[2], filed[3]}
