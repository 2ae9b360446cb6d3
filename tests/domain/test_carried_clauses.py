"""Of an article the clause is quoted on which the rule itself acted, and mostly that one alone."""

from typing import Any

import pytest

from domain.carried_clauses import carried_out
from domain.engine.decision import Decision
from domain.rule_texts import quotes
from domain.statutes.model import Clause
from domain.words import EventType
from tests.plays import FILES, scenario_of
from tests.pure_play import play_purely

Ground = tuple[EventType, Any, str]


@pytest.fixture
def acted_on(monkeypatch: pytest.MonkeyPatch) -> dict[Ground, set[str]]:
    """What rules say that they act on while they are played: the quotes by event, instant and article."""
    found: dict[Ground, set[str]] = {}
    noting = Decision.note

    def note(it: Decision[Any], kind: EventType, clause: Clause | None = None, *rest: Any, **said: Any) -> None:
        if clause is not None:
            found.setdefault((kind, it.at, clause.article), set()).add(clause.quote)
        noting(it, kind, clause, *rest, **said)

    monkeypatch.setattr(Decision, "note", note)
    return found


def test_the_clause_that_a_rule_acted_on_is_quoted(acted_on: dict[Ground, set[str]]) -> None:
    several, narrower, missed = 0, 0, []
    for path in FILES[::16]:
        acted_on.clear()
        paper = play_purely(scenario_of(path)).paper
        before = None
        for event in paper.events if paper else ():
            ground = (event.type, event.at, event.article or "")
            there = quotes(paper.case.statute, event.statute, event.article) if paper and event.article else ()
            if paper and ground in acted_on and len(there) > 1:
                shown = {clause.quote for clause in carried_out(event, paper.case, before)}
                several, narrower = several + 1, narrower + (len(shown) < len(there))
                missed += [] if shown & acted_on[ground] else [(path.name, event.type)]
            before = event.stage
    assert several > 70
    assert narrower > 0.9 * several
    assert missed == []
