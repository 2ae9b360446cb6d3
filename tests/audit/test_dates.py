"""Whether dates are those of what else tells the time: the history, and checkpoints that were kept."""

import copy
import json
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.dossier.contents import HISTORY, CaseDossier
from audit.dossier.persons import rewritten
from audit.verification.record import events_in, record_in
from audit.verification.verify import Trusted, conclusion_of, covered_by_given, verify
from domain.evidence import instant_text
from tests.audit.dossiers import dossier_of
from tests.audit.logs import LOG_KEY, MemoryLog, entered, entry_and_head, logged
from tests.audit.test_lost_answers import IN_THE_WORLD, REFUSED, found, step_with, wrong
from tests.audit.test_mutations import chained, events_of
from tests.audit.told import steps_of, told, with_history


def test_a_played_case_is_named_as_one() -> None:
    result, detail = found(dossier_of(REFUSED))["dates"]
    assert result == "skipped"
    assert detail.startswith("a played case: its clock is 70 days 15:31:44.473165 behind the server's (shift), ")
    assert "it finds no other case (alone); of when anything happened its dates show nothing; " in detail
    assert conclusion_of(verify(dossier_of(REFUSED))) == "played"
    assert found(dossier_of(IN_THE_WORLD))["dates"] == ("ok", "dates are in order, none after the ledger had its event")
    assert conclusion_of(verify(dossier_of(IN_THE_WORLD))) == "holds"


def shifted(dossier: CaseDossier) -> CaseDossier:
    """The dossier as of a played case whose clock differs by next to nothing: as whoever forges can write."""

    def shift(message: Any) -> Any:
        return {**message, "shift": "PT0.000001S"} if isinstance(message, dict) and "filed_at" in message else message

    return with_history(dossier, lambda history: rewritten(history, shift))


def by_days(days: float, since: int, upto: float = math.inf) -> Callable[[Any], Any]:
    """A history in which Temporal has everything from an event on, or up to another, so many days later."""

    def move(history: Any) -> Any:
        for event in history["events"]:
            if since <= int(event["eventId"]) <= upto:
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
    result, detail = found(with_history(dossier, by_days(1, since)))["dates"]
    assert result == "ok"
    assert "came more than 0:10:00 after the date" in detail
    dated_back = with_history(dossier, by_days(120, since))
    for each in (dated_back, shifted(dated_back)):
        assert "by the history the case was told only 1" in wrong(each)["dates"]
    assert conclusion_of(verify(shifted(dossier))) == "played"


@pytest.mark.parametrize(("days", "holds"), [(60, True), (90, False)])
def test_a_played_case_may_be_told_later_by_what_its_clock_differs(days: int, holds: bool) -> None:
    """By 70 days and some hours, which may be skipped before its last command is given."""
    dossier = received_in_time(dossier_of(REFUSED))
    said = found(with_history(dossier, by_days(days, taken(dossier, -1))))["dates"]
    assert (said[0] == "skipped", "came more than 0:10:00 after the date" in said[1]) == (holds, holds), said


def told_later(dossier: CaseDossier, by: timedelta) -> CaseDossier:
    """The dossier, whose last step is dated later: its ledger is said to have told the case."""
    first, last = steps_of(dossier)[-1]
    events = events_of(dossier)
    for event in events[first - 1 :]:
        event["at"] = instant_text(datetime.fromisoformat(event["at"]) + by)
    return received_in_time(told(chained(dossier, events), first, last))


@pytest.mark.parametrize("minutes", [5, 60])
def test_nothing_is_dated_after_the_ledger_had_it(minutes: int) -> None:
    """Whatever is said to have been told when an answer had been lost: the command is said to have come then, too."""
    later = told_later(dossier_of(IN_THE_WORLD), timedelta(minutes=minutes))
    said = found(later)
    assert said["ledger"][0] == "ok", said
    assert (said["dates"][0] == "ok") is (minutes == 5)
    if minutes == 60:
        assert "by the history the ledger had it before, on 2026-11-28T01:32:1" in said["dates"][1]
        assert "dates" in wrong(shifted(later))


@pytest.mark.parametrize("days", [120, 1 / 24])
def test_a_filing_that_bears_another_time_than_the_history_is_refused(days: float) -> None:
    """It waits for no worker: Temporal has it as soon as a door hands it on."""
    whole = with_history(dossier_of(IN_THE_WORLD), by_days(days, 1))
    said = wrong(received_in_time(whole))["dates"]
    assert said.startswith("event 1 is dated 2026-11-28T01:32:05.769234+08:00; by the history the case was told only ")


def test_nothing_is_dated_after_the_case_was_told_it() -> None:
    """Whenever the ledger had it: a filing that had begun before, a command that had been taken before."""
    filed_before = with_history(received_in_time(dossier_of(IN_THE_WORLD)), by_days(-1 / 24, 1, 1))
    assert "; by the history the case was told before, on 2026-11-28T00:32:06." in wrong(filed_before)["dates"]

    def recorded_later(message: Any) -> Any:
        if isinstance(message, dict) and message.get("complete_time") and message["seq"] == 4:
            return {**message, "complete_time": {"seconds": message["complete_time"]["seconds"] + 3600, "nanos": 0}}
        return message

    taken_before = told_later(dossier_of(IN_THE_WORLD), timedelta(hours=1))
    taken_before = with_history(taken_before, lambda history: rewritten(history, recorded_later))
    said = wrong(taken_before)
    assert said.keys() == {"dates"}
    assert said["dates"].startswith(
        "event 7 is dated 2026-11-28T02:32:16.905926+08:00; by the history the case was told"
    )
    assert said["dates"].endswith(" before, on 2026-11-28T01:32:16.905926+08:00")


def test_no_event_is_dated_before_the_one_that_it_follows() -> None:
    events = events_of(dossier_of(IN_THE_WORLD))
    events[6]["at"] = events[0]["at"]
    assert wrong(chained(dossier_of(IN_THE_WORLD), events))["dates"].startswith("event 7 is dated ")


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
    for each in (dossier, shifted(received_in_time(dossier)), dossier_of(REFUSED)):
        said = wrong(*seen_without(each, last + timedelta(days=30), 3))
        assert said.keys() == {"checkpoint"}
        assert said["checkpoint"].startswith("event 4 is dated ")
        assert "does not have it: it was entered afterwards, or made up" in said["checkpoint"]


def test_what_a_checkpoint_has_is_not_dated_after_it() -> None:
    """The clock of a played case may have been skipped ahead of the world's: that is named."""
    dossier, an_hour = dossier_of(IN_THE_WORLD), timedelta(hours=1)
    early = record_in(dossier).events[0].at - an_hour
    said = wrong(*seen_without(dossier, early, 2))
    assert said.keys() == {"checkpoint"}
    assert said["checkpoint"].startswith("event 1 is dated ")
    assert ", has it already" in said["checkpoint"]
    result, detail = found(*seen_without(shifted(dossier), early, 2))["checkpoint"]
    assert (result, detail.endswith("yet in it, since time was skipped: events 1 to 2")) == ("ok", True)


def test_nobody_but_a_platform_is_told_something_by_another_case() -> None:
    dossier = received_in_time(dossier_of(IN_THE_WORLD))

    def by_another(message: Any) -> Any:
        is_command = isinstance(message, dict) and "name" in message and "received_at" in message
        return {**message, "by_case": "NANTONG-ULWCAUNFZHQBQEQR"} if is_command else message

    late = with_history(dossier, by_days(120, taken(dossier, 1)))
    for each in (late, with_history(late, lambda history: rewritten(history, by_another))):
        assert wrong(each)["dates"].startswith("event 3 is dated ")


def test_a_try_that_was_refused_is_not_the_one_that_did_it() -> None:
    dossier = received_in_time(dossier_of(IN_THE_WORLD))
    late = with_history(dossier, by_days(120, taken(dossier, -1)))
    assert wrong(late)["dates"].startswith("event 7 is dated ")
    assert wrong(with_history(late, tried_before))["dates"].startswith("event 7 is dated ")


def tried_before(history: Any) -> Any:
    """The last command is tried before the first one, while another's turn is it, and is refused."""
    accepted = [each for each in history["events"] if each["eventType"].endswith("UPDATE_ACCEPTED")]
    first, own = accepted[0], copy.deepcopy(accepted[-1])
    number = int(first["eventId"])

    def moved(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: moved(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [moved(each) for each in value]
        later = name.lower().endswith("eventid") and int(value) >= number
        return str(int(value) + 2) if later else value

    said = own["workflowExecutionUpdateAcceptedEventAttributes"]
    before = first["workflowExecutionUpdateAcceptedEventAttributes"]["acceptedRequestSequencingEventId"]
    said |= {"protocolInstanceId": "early", "acceptedRequestMessageId": "early/request"}
    said["acceptedRequestSequencingEventId"], said["acceptedRequest"]["meta"]["updateId"] = before, "early"
    own |= {"eventId": str(number), "eventTime": first["eventTime"]}
    refused = {"message": "no", "applicationFailureInfo": {"type": "refused", "nonRetryable": True}}
    answer = {
        "meta": {"updateId": "early", "identity": "x"},
        "acceptedEventId": str(number),
        "outcome": {"failure": refused},
    }
    told = {
        **{name: own[name] for name in ("eventTime", "taskId") if name in own},
        "eventId": str(number + 1),
        "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED",
        "workflowExecutionUpdateCompletedEventAttributes": answer,
    }
    history = moved(history)
    history["events"][number - 1 : number - 1] = [own, told]
    return history


def test_of_what_the_ledger_told_and_nobody_asked_for_the_history_shows_no_date() -> None:
    dossier = received_in_time(dossier_of(IN_THE_WORLD))
    told_at_once = without_its_command(dossier)
    assert conclusion_of(verify(told_at_once)) == "unasked"
    told_long_after = with_history(told_at_once, by_days(120, taken(dossier, -1)))
    result, detail = found(told_long_after)["dates"]
    assert (result, "does not show when events 7 to 10 happened" in detail) == ("skipped", True), detail


def without_its_command(dossier: CaseDossier) -> CaseDossier:
    """The dossier in which the ledger told of the grant, whose key no command of the history has."""
    events = events_of(dossier)
    for event in events[6:]:
        event["key"] = "grant~0000000000000000"
    again = chained(dossier, events)
    after = events_of(again)

    def tell(message: Any) -> Any:
        if not isinstance(message, dict):
            return message
        if "applied" in message and message["head"]:
            known = {**message, "digest": after[message["head"] - 1]["digest"]}
            return {**known, "events": after[6:]} if message["head"] == len(after) else known
        return message

    def change(history: Any) -> Any:
        history = rewritten(history, tell)
        for event in history["events"]:
            said = event.get("workflowExecutionUpdateCompletedEventAttributes")
            if said and said["meta"]["updateId"].startswith("grant"):
                refused = {"message": "no", "applicationFailureInfo": {"type": "refused", "nonRetryable": True}}
                said["outcome"] = {"failure": refused}
        return history

    return with_history(again, change)


def test_a_case_that_is_reset_long_afterwards_is_told_what_its_commands_had_brought_about() -> None:
    dossier = received_in_time(dossier_of(IN_THE_WORLD))
    again = with_history(told(dossier, *step_with(dossier, "granted")), by_days(10, taken(dossier, 2)))
    log = MemoryLog(at=record_in(dossier).events[-1].at + timedelta(days=1))
    places = entered(again, log)
    kept = log.checkpoint()
    held = found(logged(again, log, places), Trusted([LOG_KEY.key], kept))
    assert (held["dates"][0], held["checkpoint"][0]) == ("skipped", "ok"), held["dates"]
    shows_nothing = (
        "does not show when events 7 to 10 happened: the case was told up to 10 days 0:00:00 after the date; "
    )
    assert shows_nothing in held["dates"][1]
    assert conclusion_of(verify(logged(again, log, places))) == "undated"


@pytest.mark.parametrize(("days", "holds"), [(60, True), (80, False)])
def test_a_played_case_that_is_reset_is_told_what_happened_in_skipped_time(days: int, holds: bool) -> None:
    """Its clock is 70 days behind the server's, and had been brought forward to that at most."""
    result, detail = found(told_later(dossier_of(REFUSED), timedelta(days=days)))["dates"]
    if holds:
        assert result == "skipped"
        assert detail.endswith(", since time was skipped until it was reset: events 17 to 19")
    else:
        assert result == "FAIL"
        assert "by the history the ledger had it before, on 2026-10-16T09:00:0" in detail
        assert detail.endswith(
            "; all times by the case's own clock, 70 days 15:31:44.473165 behind the server's (shift)"
        )


def test_what_a_ledger_is_said_to_have_told_is_no_excuse_before_a_checkpoint_that_was_kept() -> None:
    dossier = received_in_time(dossier_of(IN_THE_WORLD))
    first, last = step_with(dossier, "granted")
    backdated = with_history(told(dossier, first, last), by_days(45, taken(dossier, 2)))
    at = record_in(dossier).events[-1].at + timedelta(days=30)
    assert "does not have it" in wrong(*seen_without(backdated, at, first - 1))["checkpoint"]


def test_a_checkpoint_that_has_nothing_of_the_case_binds_nobody_and_says_so() -> None:
    case, log = dossier_of(IN_THE_WORLD), MemoryLog()
    log.at = events_in(case)[0].at - timedelta(hours=1)
    log.enter(b"of another case")
    kept = log.checkpoint()
    log.at = events_in(case)[-1].at + timedelta(hours=1)
    whole = logged(case, log, entered(case, log), earlier=[1])
    checked = verify(whole, Trusted([LOG_KEY.key], kept))
    assert covered_by_given(checked) == (0, len(events_in(case)))
    assert conclusion_of(checked) == "unbound"
    newer = verify(whole, Trusted([LOG_KEY.key], log.checkpoint()))
    assert (covered_by_given(newer), conclusion_of(newer)) == ((len(events_in(case)),) * 2, "holds")
    assert covered_by_given(verify(whole, Trusted([LOG_KEY.key]))) is None
