"""A case of several runs: what one hands over is what the rules make of it, and what the next begins with."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from audit.dossier.contents import HISTORY, CaseDossier, name_of_run
from audit.verification.verify import verify
from tests.audit.dossiers import dossier_of, named_dossier_of, resealed, withheld_dossier_of
from tests.audit.test_verification import wrong

CASE = "handed-over"
SECOND = name_of_run(2)
LEFT, STARTED = "workflowExecutionContinuedAsNewEventAttributes", "workflowExecutionStartedEventAttributes"
OTHERWISE = f"{HISTORY}: run again, the case hands over something else than it is said to"
Alter = Callable[[dict[str, Any]], None]


def altered(content: bytes, alter: Alter) -> bytes:
    """The history with another message from one run to the next, in whichever of the two runs this is."""
    history = json.loads(content)
    said = next(event[kind] for event in history["events"][::-1] for kind in (LEFT, STARTED) if kind in event)
    payload = said["input"]["payloads"][0]
    message = json.loads(base64.b64decode(payload["data"]))
    alter(message)
    payload["data"] = base64.b64encode(json.dumps(message, ensure_ascii=False).encode()).decode()
    return json.dumps(history).encode()


def forged(dossier: CaseDossier, alter: Alter, *names: str) -> CaseDossier:
    return resealed(dossier, {**dossier.files, **{name: altered(dossier.files[name], alter) for name in names}})


ALTERED: Mapping[str, Alter] = {
    "a case that is over": lambda said: said["snapshot"]["state"].update(stage="closed", outcome="granted"),
    "a supplement that was used": lambda said: said["snapshot"]["state"].update(supplement_used=True),
    "what says nothing": lambda said: said["snapshot"]["state"].update(more=1),
    "a fact that is left out": lambda said: said["snapshot"]["state"].pop("impasse"),
    "a digest": lambda said: said["snapshot"].update(prev="f" * 64),
    "a key": lambda said: said["snapshot"]["keys"].update(x="y"),
    "who filed": lambda said: said["actor"].update(role="bureau"),
    "no state at all": lambda said: said.pop("snapshot"),
    "what no case is": lambda said: said["snapshot"]["state"].update(clocks=7),
}


@pytest.mark.parametrize("what", ALTERED)
def test_no_run_hands_over_what_the_rules_do_not_make_of_it(what: str) -> None:
    found = wrong(forged(dossier_of(CASE), ALTERED[what], HISTORY, SECOND))
    assert found["history"] == OTHERWISE


@pytest.mark.parametrize("name", [HISTORY, SECOND])
def test_the_next_run_begins_with_what_was_handed_over(name: str) -> None:
    found = wrong(forged(dossier_of(CASE), ALTERED["a supplement that was used"], name))
    assert found["history"] == f"{SECOND} starts with something else than {HISTORY} hands over"


def test_a_run_that_hands_over_to_none_is_followed_by_none() -> None:
    dossier = dossier_of(CASE)
    history = json.loads(dossier.files[HISTORY])
    del history["events"][-1]
    cut = {**dossier.files, HISTORY: json.dumps(history).encode()}
    found = wrong(resealed(dossier, cut))
    assert found["history"] == f"{HISTORY} hands over to no other run, and {SECOND} is said to follow from it"


@pytest.mark.parametrize("made", [named_dossier_of, withheld_dossier_of])
def test_it_holds_with_persons_and_without(made: Callable[[str], CaseDossier]) -> None:
    assert [each for each in verify(made(CASE)) if each.result == "FAIL"] == []
