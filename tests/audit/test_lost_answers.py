"""What the ledger is said to have told a case is what the case decides: a history cannot be made to say otherwise."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from audit.dossier.contents import HISTORY, CaseDossier
from audit.dossier.persons import rewritten
from audit.known_editions import known_then
from audit.verification.deadlines import moved_by_others
from audit.verification.history import histories_in, opening_in
from audit.verification.lost_answers import Vouched, vouched_by
from audit.verification.record import record_in
from audit.verification.replayed import HeardStep, Replayed
from audit.verification.results import CheckFailed
from audit.verification.rules import DecidesOtherwise
from audit.verification.verify import Trusted, verify
from domain.engine.records import RecordedEvent, Step, StepResult
from domain.words import EventType
from protocol.opening import case_before
from tests.audit.dossiers import CASES, dossier_of
from tests.audit.test_mutations import chained, events_of
from tests.audit.told import steps_of, told, with_history

REFUSED = "nantong-2020.refused-late-then-impasse"
IN_THE_WORLD = "nantong-2020.parked-while-the-ledger-was-away"
"""A case that nobody has played: its time is the world's."""
MOVED = "changshu-2019.spring-festival-2020-as-published"
"""A case of which a notice moves a limit."""
NOTHING = Trusted()
Event = dict[str, Any]


def found(dossier: CaseDossier, trusted: Trusted = NOTHING) -> Mapping[str, tuple[str, str]]:
    return {each.check: (each.result, each.detail) for each in verify(dossier, trusted)}


def wrong(dossier: CaseDossier, trusted: Trusted = NOTHING) -> Mapping[str, str]:
    return {check: detail for check, (result, detail) in found(dossier, trusted).items() if result == "FAIL"}


def step_with(dossier: CaseDossier, kind: str) -> tuple[int, int]:
    """The step with the first event of that kind."""
    seq = next(event["seq"] for event in events_of(dossier) if event["type"] == kind)
    return next((first, last) for first, last in steps_of(dossier) if first <= seq <= last)


def forged(case: str, kind: str, change: Callable[[Event], None]) -> CaseDossier:
    """The ledger and the history say otherwise of an event: it was told so, when the answer had been lost."""
    dossier = dossier_of(case)
    first, last = step_with(dossier, kind)
    events = events_of(dossier)
    change(next(event for event in events if event["type"] == kind))
    return told(chained(dossier, events), first, last)


def by_the_bureau(event: Event) -> None:
    event["actor"] = {"role": "bureau", "org": "999", "person": None}
    event["article"], event["data"] = None, {}


def by_the_platform(event: Event) -> None:
    event["actor"] = {"role": "platform", "org": None, "person": None}


def another_reason(event: Event) -> None:
    event["data"] = {**event["data"], "reason": "另一个理由"}


def no_article(event: Event) -> None:
    event["article"] = None


def days_later(event: Event) -> None:
    event["at"] = f"2099{event['at'][4:]}"


@pytest.mark.parametrize("change", [by_the_bureau, by_the_platform, another_reason, no_article, days_later])
def test_a_decision_that_nobody_has_made_cannot_be_told_to_a_case(change: Callable[[Event], None]) -> None:
    assert "is said to have been told to the case" in wrong(forged(REFUSED, "refused", change))["ledger"]


@pytest.mark.parametrize("change", [days_later, no_article])
@pytest.mark.parametrize("kind", ["clock_warned", "clock_breached"])
def test_what_time_brings_cannot_be_told_otherwise(kind: str, change: Callable[[Event], None]) -> None:
    assert "ledger" in wrong(forged("cn-809-2025.silence-climbs-the-ladder-then-refer", kind, change))


@pytest.mark.parametrize("case", [REFUSED, IN_THE_WORLD])
def test_an_answer_that_was_lost_is_decided_again(case: str) -> None:
    dossier = dossier_of(case)
    for first, last in steps_of(dossier):
        result, detail = found(told(dossier, first, last))["ledger"]
        assert (result, "the answer was lost of event" in detail) == ("ok", True), detail


def begun_with_nothing(dossier: CaseDossier, events: Sequence[RecordedEvent]) -> Vouched:
    """What vouches for these events, had the ledger told a case all of them that knows no command."""
    opening, last = opening_in(histories_in(dossier)[0]), events[-1]
    nothing = Step(request_id=opening.request_id, statute=opening.statute, head=0, events=())
    everything = StepResult(applied=True, head=last.seq, digest=last.digest, events=events)
    began = HeardStep(nothing, everything, case_before(opening), datetime.now(UTC))
    return vouched_by(Replayed(steps=[began]), opening)


@pytest.mark.parametrize("case", CASES)
def test_a_case_that_begins_again_with_nothing_takes_over_what_the_rules_allow(case: str) -> None:
    """Of a reset case the history may have no command: each event must be what some command brings about."""
    dossier = dossier_of(case)
    events = record_in(dossier).events
    vouched = begun_with_nothing(dossier, events)
    assert sorted([*vouched.again, *vouched.unasked]) == [event.seq for event in events]
    assert vouched.events[len(events)] == events[-1]


@pytest.mark.parametrize(("day", "holds"), [("2027-12-31", True), ("9999-12-31", False), ("1666-01-01", False)])
def test_nothing_is_taken_over_that_no_door_lets_in(day: str, holds: bool) -> None:
    """A day beyond all that doors take can have been named by nobody."""
    dossier = dossier_of("cn-809-2025.extension-granted")
    _, last = step_with(dossier, "granted")
    events = list(record_in(dossier).events[:last])
    place = next(place for place, event in enumerate(events) if event.type is EventType.GRANTED)
    said = {**events[place].data, "terms": {"expires_on": day}}
    events[place] = events[place].model_copy(update={"data": said})
    with nullcontext() if holds else pytest.raises(DecidesOtherwise, match="whatever it is asked"):
        begun_with_nothing(dossier, events)


def again_and_again(event: RecordedEvent, times: int, keys: Sequence[str | None]) -> Sequence[RecordedEvent]:
    """So many events just like one that follow on one another, under these keys in turn."""
    return [
        event.model_copy(update={"seq": event.seq + number, "key": keys[number % len(keys)]}) for number in range(times)
    ]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (None, r"event 5 \(used by platform\), the first of 4001 under its key, is said to have been told"),
        ("another~1", "event 7 is said to have been told to the case under a key that had given events before"),
    ],
)
def test_a_key_gives_one_command_however_much_is_told_under_it(other: str | None, said: str) -> None:
    """Each of these is what some command brings about: asked about one by one they would take minutes."""
    dossier = dossier_of("access_grant.nantong-used-then-expired")
    events = record_in(dossier).events
    used = next(event for event in events if event.type is EventType.USED)
    more = again_and_again(used, 4001, [used.key, other or used.key])
    with pytest.raises(DecidesOtherwise, match=said):
        begun_with_nothing(dossier, [*events[: used.seq - 1], *more])


@pytest.mark.parametrize(
    ("reason", "check", "said"),
    [
        ("used", "ledger", "event 3 (clock_superseded by platform) is said to have been told to the case"),
        ("calendar:none", "deadlines", "event 3: no notice 'none' had been published that could move a limit"),
        ("calendar:2026", "deadlines", "event 3: no notice '2026' had been published that could move a limit"),
    ],
)
def test_no_limit_gives_way_to_a_word(reason: str, check: str, said: str) -> None:
    assert wrong(forged(MOVED, "clock_superseded", lambda event: event["data"].update(reason=reason)))[
        check
    ].startswith(said)


def test_a_notice_that_moved_nothing_is_told_apart_from_the_one_that_did() -> None:
    """A case hears of one when the engine has the next already, and counts with both."""
    other = forged(MOVED, "clock_superseded", lambda event: event["data"].update(reason="calendar:2019"))
    assert "; not the notice that is named moved the limit, but another: event 3" in found(other)["deadlines"][1]
    record = record_in(dossier_of(MOVED))
    clock = record.events[1].clock
    assert clock
    stays = clock.model_copy(update={"number": 2, "supersedes": 1, "calendar_editions": ("2020",)})
    told_so = [*record.events[:3], record.events[3].model_copy(update={"clock": stays})]
    with pytest.raises(CheckFailed, match="event 3: the notice '2020-amended' moves no limit"):
        moved_by_others(replace(record, events=told_so), known_then(record.calendar, told_so))


def test_callers_were_told_what_the_case_answers() -> None:
    def another_answer(message: Any) -> Any:
        lies = isinstance(message, dict) and "refused" in message.get("events", ()) and "stage" in message
        return {**message, "events": ["granted"]} if lies else message

    changed = with_history(dossier_of(REFUSED), lambda history: rewritten(history, another_answer))
    assert changed.files[HISTORY] != dossier_of(REFUSED).files[HISTORY]
    assert "the case answers a command otherwise than event" in wrong(changed)["ledger"]


# What the calendar answers


def test_nobody_can_be_spared_the_warnings_and_the_ladder_of_a_limit() -> None:
    dossier = dossier_of(IN_THE_WORLD)
    events = events_of(dossier)
    for event in events:
        if event["clock"]:
            event["clock"]["rungs"] = []

    def spare(message: Any) -> Any:
        """What the ledger answered to a step that starts limits."""
        if isinstance(message, dict) and message.get("dues"):
            return {**message, "dues": [{**due, "rungs": []} for due in message["dues"]]}
        return message

    retold = told(chained(dossier, events), *steps_of(dossier)[-1])
    spared = with_history(retold, lambda history: rewritten(history, spare))
    assert "the warnings and the ladder of completeness_check do not come" in wrong(spared)["ledger"]


def test_a_recount_gives_what_the_notice_gives() -> None:
    dossier = dossier_of("zhejiang-2014.labour-day-2019-amended")

    def stays(message: Any) -> Any:
        """As if the notice had changed nothing."""
        is_recount = isinstance(message, list) and message and isinstance(message[0], dict) and "due_at" in message[0]
        return [{**each, "provisional": not each["provisional"]} for each in message] if is_recount else message

    changed = with_history(dossier, lambda history: rewritten(history, stays))
    assert changed.files[HISTORY] != dossier.files[HISTORY]
    assert {"history", "ledger"} & wrong(changed).keys()


@pytest.mark.parametrize("head", [11, 2_000_000_000])
def test_a_ledger_tells_of_no_event_that_it_does_not_have(head: int) -> None:
    dossier = dossier_of(IN_THE_WORLD)
    upto = len(events_of(dossier))

    def further(said: Any) -> Any:
        ends = isinstance(said, dict) and "applied" in said and said.get("head") == upto
        return {**said, "head": head, "digest": "0" * 64} if ends else said

    said = wrong(with_history(dossier, lambda history: rewritten(history, further)))
    assert f"told the case of event {head}" in said["ledger"]
