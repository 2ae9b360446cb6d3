"""Whether dates are those of what else tells the time: the history, and checkpoints that were kept."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from audit.dossier.contents import HISTORY, CaseDossier
from audit.dossier.persons import rewritten
from audit.verification.record import record_in
from audit.verification.verify import Trusted
from tests.audit.dossiers import dossier_of
from tests.audit.logs import LOG_KEY, MemoryLog, entered, entry_and_head, logged
from tests.audit.test_lost_answers import IN_THE_WORLD, REFUSED, found, step_with, wrong
from tests.audit.test_mutations import events_of
from tests.audit.told import told, with_history


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
