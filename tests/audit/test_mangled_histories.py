"""A packed history of which an event was left out, doubled, swapped or cut away is found out, and never waited for.

Two events that are swapped and numbered anew are not always told by the history itself, where neither rests on the
other: for that there is the seal.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from audit.dossier.contents import HISTORY
from tests.audit.dossiers import dossier_of
from tests.audit.test_verification import with_files, wrong
from tests.forms import dealt

CASE = "nantong-2020.refused-late-then-impasse"
Events = list[dict[str, Any]]

MANGLED: Mapping[str, Callable[[Events, int], Events]] = {
    "left out": lambda events, at: [*events[:at], *events[at + 1 :]],
    "doubled": lambda events, at: [*events[: at + 1], *events[at:]],
    "cut before": lambda events, at: events[:at],
    "swapped": lambda events, at: [*events[: at - 1], *events[at - 1 : at + 1][::-1], *events[at + 1 :]],
}


def numbered_anew(events: Events) -> Events:
    return [{**event, "eventId": str(number)} for number, event in enumerate(events, start=1)]


@pytest.mark.long
@pytest.mark.parametrize(("turn", "way"), list(enumerate(MANGLED)), ids=list(MANGLED))
def test_no_event_of_a_history_can_be_moved(turn: int, way: str) -> None:
    dossier = dossier_of(CASE)
    events: Events = json.loads(dossier.files[HISTORY])["events"]
    for at in {1, len(events) - 1, *dealt(range(1, len(events)), turn, 12)}:
        mangled = MANGLED[way](events, at)
        for said in [mangled] if way == "swapped" else [mangled, numbered_anew(mangled)]:
            packed = {**dossier.files, HISTORY: json.dumps({"events": said}).encode()}
            assert wrong(with_files(dossier, packed)), f"{way} at {at}: nothing was noticed"


@pytest.mark.parametrize(
    ("left", "said"), [(0, "is not a history of Temporal"), (1, "ends before the case began to run")]
)
def test_a_history_that_hardly_began_is_refused_at_once(left: int, said: str) -> None:
    dossier = dossier_of(CASE)
    events: Events = json.loads(dossier.files[HISTORY])["events"]
    cut = json.dumps({"events": events[:left]}).encode()
    found = wrong(with_files(dossier, {**dossier.files, HISTORY: cut}))
    assert found["history"] == f"{HISTORY} {said}"


@pytest.mark.parametrize("said", ["EVENT_TYPE_WORKFLOW_EXECUTION_STARTED", "EVENT_TYPE_UNSPECIFIED", 999])
def test_an_event_that_is_said_to_be_of_another_kind_is_refused_at_once(
    said: str | int, capfd: pytest.CaptureFixture[str]
) -> None:
    dossier = dossier_of(CASE)
    events: Events = json.loads(dossier.files[HISTORY])["events"]
    event = next(event for event in events[::-1] if "workflowTaskCompletedEventAttributes" in event)
    event["eventType"] = said
    content = json.dumps({"events": events}).encode()
    found = wrong(with_files(dossier, {**dossier.files, HISTORY: content}))
    assert found["history"] == f"event {event['eventId']} of {HISTORY} is said to be of another kind than it is"
    assert tuple(capfd.readouterr()) == ("", "")
