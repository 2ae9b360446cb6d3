"""A scenario that expects something else than what happens is a mismatch, whatever it is."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from embedded.simulate.player import Player
from embedded.simulate.report import mismatches
from embedded.simulate.sandbox import Sandbox
from starter.scenarios import Scenario, scenario_from
from tests.plays import FOLDER, IMPASSE, Plays

WRONG = {
    "stage": ("stage: closed", "stage: negotiation"),
    "outcome": ("outcome: unresolved", "outcome: denied"),
    "no outcome": ("outcome: unresolved", "outcome: null"),
    "due date": ("due_date: 2026-10-10", "due_date: 2026-10-09"),
    "policy due date": ("due_date: 2026-11-23", "due_date: 2026-11-24"),
    "state": ("state: met_late", "state: met"),
    "late instead of met": ("due_date: 2026-09-20, state: met", "due_date: 2026-09-20, state: met_late"),
    "basis": ('basis: statute, article: "22"', 'basis: policy, article: "22"'),
    "article": ('article: "22"', 'article: "23"'),
    "missing clock": ("{id: negotiation,", "{id: coordination,"),
    "event order": ("impasse_declared, clock_met, closed", "impasse_declared, closed, clock_met"),
    "event twice": ("terms_proposed, ", "terms_proposed, terms_proposed, "),
    "missing event": ("refused, negotiation_opened", "granted, negotiation_opened"),
}
WRONG_REFUSALS = {
    "another code": ("refused: reason_required", "refused: legal_basis_required", "not legal_basis_required"),
    "none expected": (", refused: reason_required", "", "was refused"),
    "accepted after all": ("do: accept}", "do: accept, refused: not_your_turn}", "was accepted"),
}


@pytest.mark.parametrize("what", WRONG)
async def test_a_wrong_expectation_is_a_mismatch(what: str, plays: Plays) -> None:
    played = await plays[IMPASSE]
    assert mismatches(played) == []
    wrong = replace(played, scenario=_mutated(IMPASSE, *WRONG[what]))
    assert len(mismatches(wrong)) == 1
    [told] = mismatches(wrong, "zh")
    assert re.match(r"(没有预期的|预期的|阶段为|结果为)", told), told
    assert not re.search(r"\b(there|is|not|due|this|expect)\b", told), told


@pytest.mark.parametrize("what", WRONG_REFUSALS)
async def test_a_wrong_expectation_of_a_refused_step_is_a_mismatch(what: str, ground: Sandbox) -> None:
    was, becomes, said = WRONG_REFUSALS[what]
    played = await Player(ground, _mutated(IMPASSE, was, becomes)).play()
    assert said in mismatches(played)[0]


@pytest.mark.parametrize(
    ("file", "was", "becomes"),
    [
        ("zhejiang-2014/not-shared-refused-at-filing", "class_not_shareable", "secret_data_excluded"),
        ("zhejiang-2014/not-shared-refused-at-filing", "{refused: class_not_shareable}", "{stage: closed}"),
        ("zhejiang-2014/unrestricted-granted-on-filing", "\n  stage: closed", "\n  refused: class_not_shareable"),
    ],
)
async def test_a_wrong_expectation_of_a_filing_is_a_mismatch(
    file: str, was: str, becomes: str, ground: Sandbox
) -> None:
    played = await Player(ground, _mutated(FOLDER / f"{file}.yaml", was, becomes)).play()
    assert mismatches(played)


def _mutated(path: Path, was: str, becomes: str) -> Scenario:
    text = path.read_text(encoding="utf-8")
    assert was in text
    return scenario_from(text.replace(was, becomes, 1), path.name)
