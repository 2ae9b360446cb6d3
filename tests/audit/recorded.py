"""Cases for tests of the audit that need no server: those of the scenarios, played on paper."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from audit.replay.case import RecordedCase
from domain.naming import request_id_for
from domain.policy import default_policy
from tests.domain.engine.machine import PaperCase
from tests.plays import FILES, name_of, on_paper


@cache
def played(name: str) -> RecordedCase:
    """The case of a scenario, by its folder and file: ``nantong-2020/declined-with-reason``."""
    paper = on_paper(next(path for path in FILES if name_of(path) == name)).paper
    assert paper is not None
    of = recorded(paper)
    return replace(of, request_id=request_id_for(of.statute.id, name, of.procedure.name))


def all_played() -> dict[str, RecordedCase]:
    """The cases of all scenarios whose filing is accepted, by their names."""
    return {name_of(path): played(name_of(path)) for path in FILES if _is_filed(path)}


def recorded(paper: PaperCase) -> RecordedCase:
    """A case on paper as a record has it: what was filed is plain data again."""
    filed = paper.case.application.model_dump(mode="json")
    return RecordedCase(paper.case.request_id, paper.case.statute, default_policy(), filed, tuple(paper.events))


def _is_filed(path: Path) -> bool:
    return on_paper(path).paper is not None
