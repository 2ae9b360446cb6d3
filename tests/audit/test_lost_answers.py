"""What the ledger is said to have told a case is what the case decides: a history cannot be made to say otherwise."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.dossier.contents import HISTORY, CaseDossier
from audit.dossier.persons import rewritten
from audit.verification.history import histories_in, opening_in
from audit.verification.lost_answers import Vouched, vouched_by
from audit.verification.record import record_in
from audit.verification.replayed import HeardStep, Replayed
from audit.verification.rules import DecidesOtherwise
from audit.verification.verify import Trusted, verify
from domain.engine.records import RecordedEvent, Step, StepResult
from domain.words import EventType
from protocol.opening import case_before
from tests.audit.dossiers import CASES, dossier_of
from tests.audit.logs import LOG_KEY, MemoryLog, entered, entry_and_head, logged
from tests.audit.test_mutations import chained, events_of
from tests.audit.told import steps_of, told, with_history

REFUSED = "nantong-2020.refused-late-then-impasse"
IN_THE_WORLD = "nantong-2020.parked-while-the-ledger-was-away"
"""A case that nobody has played: its time is the world's."""
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


def test_no_event_is_dated_before_the_one_that_it_follows() -> None:
    """Whatever it was told: the rules themselves ask for the order, and so does the record."""

    def before_the_filing(event: Event) -> None:
        event["at"] = "2001-01-01T09:00:00.000000+08:00"

    assert "ledger" in wrong(forged(REFUSED, "refused", before_the_filing))


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


# Dates


def test_a_played_case_is_named_as_one() -> None:
    assert "; a played case: its clock differs by -" in found(dossier_of(REFUSED))["history"][1]
    assert "it finds no other case (alone)" in found(dossier_of(REFUSED))["history"][1]
    assert "a played case" not in found(dossier_of(IN_THE_WORLD))["history"][1]


def by_days(days: int, since: int) -> Callable[[Any], Any]:
    """A history in which Temporal has everything from an event on so many days later."""

    def move(history: Any) -> Any:
        for event in history["events"]:
            if int(event["eventId"]) >= since:
                at = datetime.fromisoformat(event["eventTime"].replace("Z", "+00:00")) + timedelta(days=days)
                event["eventTime"] = at.isoformat().replace("+00:00", "Z")
        return history

    return move


def received_in_time(dossier: CaseDossier) -> CaseDossier:
    """The dossier, in whose history a door has received each command when the record says so."""
    at = {event["key"]: event["at"] for event in events_of(dossier)}

    def receive(message: Any) -> Any:
        is_command = isinstance(message, dict) and "name" in message and message.get("key") in at
        return {**message, "received_at": at[message["key"]]} if is_command else message

    return with_history(dossier, lambda history: rewritten(history, receive))


def taken(dossier: CaseDossier, number: int) -> int:
    """The event of Temporal with which the task begins in which a command was taken; 1: the first."""
    events = json.loads(dossier.files[HISTORY])["events"]
    accepted = [each for each in events if "workflowExecutionUpdateAcceptedEventAttributes" in each]
    said = accepted[number]["workflowExecutionUpdateAcceptedEventAttributes"]
    return int(said["acceptedRequestSequencingEventId"])


def test_what_a_case_was_told_long_after_its_date_is_named_and_at_last_refused() -> None:
    dossier = received_in_time(dossier_of(IN_THE_WORLD))
    since = taken(dossier, 1)
    assert wrong(dossier) == {}
    result, detail = found(with_history(dossier, by_days(1, since)))["ledger"]
    assert result == "ok"
    assert "came more than 0:10:00 after the date" in detail
    assert (
        "by the history the case was told only 119 days later"
        in wrong(with_history(dossier, by_days(120, since)))["ledger"]
    )


def test_a_filing_that_bears_another_time_than_the_history_is_refused() -> None:
    whole = with_history(dossier_of(IN_THE_WORLD), by_days(120, 1))
    assert wrong(received_in_time(whole))["ledger"].startswith("event 1 is dated ")


def seen_without(dossier: CaseDossier, at: datetime, upto: int) -> tuple[CaseDossier, Trusted]:
    """A dossier whose last events came into the log after a checkpoint of that time, which somebody has kept."""
    log = MemoryLog(at=at)
    places = entered(dossier, log, upto=upto)
    kept, size = log.checkpoint(), log.trees[0].size
    later = [log.enter(*entry_and_head(dossier, event)) for event in record_in(dossier).events[upto:]]
    return logged(dossier, log, [*places, *later], [size]), Trusted([LOG_KEY.key], kept)


def test_what_is_dated_before_a_checkpoint_that_does_not_have_it_was_entered_afterwards() -> None:
    dossier = dossier_of(IN_THE_WORLD)
    last = record_in(dossier).events[-1].at
    assert wrong(*seen_without(dossier, last, 3)) == {}
    said = wrong(*seen_without(dossier, last + timedelta(days=30), 3))
    assert said.keys() == {"checkpoint"}
    assert said["checkpoint"].startswith("event 4 is dated ")
    assert "does not have it: it was entered afterwards, or made up" in said["checkpoint"]
    result, detail = found(*seen_without(dossier_of(REFUSED), last + timedelta(days=30), 3))["checkpoint"]
    assert result == "ok"
    assert detail.endswith("; dated before it, yet not in it: events 4 to 19 (nothing tells when that was recorded)")


def test_a_case_that_is_reset_long_afterwards_is_told_what_its_commands_had_brought_about() -> None:
    dossier = received_in_time(dossier_of(IN_THE_WORLD))
    again = with_history(told(dossier, *step_with(dossier, "granted")), by_days(10, taken(dossier, 2)))
    log = MemoryLog(at=record_in(dossier).events[-1].at + timedelta(days=1))
    places = entered(again, log)
    kept = log.checkpoint()
    held = found(logged(again, log, places), Trusted([LOG_KEY.key], kept))
    assert (held["ledger"][0], held["checkpoint"][0]) == ("ok", "ok"), held["ledger"]
    assert "came more than" in held["ledger"][1]


def test_what_a_ledger_is_said_to_have_told_is_no_excuse_before_a_checkpoint_that_was_kept() -> None:
    dossier = received_in_time(dossier_of(IN_THE_WORLD))
    first, last = step_with(dossier, "granted")
    backdated = with_history(told(dossier, first, last), by_days(45, taken(dossier, 2)))
    at = record_in(dossier).events[-1].at + timedelta(days=30)
    assert "does not have it" in wrong(*seen_without(backdated, at, first - 1))["checkpoint"]


@pytest.mark.parametrize("head", [11, 2_000_000_000])
def test_a_ledger_tells_of_no_event_that_it_does_not_have(head: int) -> None:
    dossier = dossier_of(IN_THE_WORLD)
    upto = len(events_of(dossier))

    def further(said: Any) -> Any:
        ends = isinstance(said, dict) and "applied" in said and said.get("head") == upto
        return {**said, "head": head, "digest": "0" * 64} if ends else said

    said = wrong(with_history(dossier, lambda history: rewritten(history, further)))
    assert f"told the case of event {head}" in said["ledger"]
