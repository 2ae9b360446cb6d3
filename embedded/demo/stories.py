"""The stories of the demonstration (演示案例): a few templates as data, varied into many cases by a seeded generator.

A story says on which working days what happens; departments, resources, persons and hours are drawn by a generator
whose seed is the story's own name. So the cases are the same each time, up to the day on which they are reckoned from.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, Final

from pydantic import Field

from api.cases.sheets.texts import places_with_texts
from domain.access import place_of
from domain.calendar import CHINA, Calendar, WorkingDays
from domain.departments import Department, Departments, name_in, read_departments
from domain.messages import label
from domain.model import Fixed
from domain.statutes.loader import packaged_statutes
from domain.words import ProcedureName, Role
from domain.yaml_text import read_yaml
from starter.case_files import kind_for
from starter.guises import officer_of
from starter.scenarios import Scenario

FOLDER: Final = files("embedded.demo").joinpath("seed")
DEPARTMENTS, MATTERS, SUSPENSION = "departments.yaml", "matters.yaml", "troubles/suspension.yaml"
OPENS, REST, AFTERNOON, CLOSES = time(8, 40), time(11, 40), time(14, 0), time(17, 20)
"""Office hours: nothing happens before the first and after the last, or at noon."""
_AT: Final = re.compile(r"\+(\d+)(?: (\d\d:\d\d))?", re.ASCII)
_DAY: Final = re.compile(r"\$(day|filed)([+-]\d+)?", re.ASCII)


class Holding(Fixed):
    """What a department has."""

    code: str
    name: str
    scope: str


class DepartmentKind(Fixed):
    """Departments of one kind: what they need others' data for, on what ground, and what they have themselves."""

    purpose: str
    legal_basis: str
    has: tuple[Holding, ...]


class Matters(Fixed):
    """What is asked for: the prefix of each place's codes, names of people, kinds of department by parts of theirs."""

    places: Mapping[str, str]
    surnames: tuple[str, ...]
    given_names: tuple[str, ...]
    kinds: Mapping[str, DepartmentKind]

    def officers(self, unit: str) -> Sequence[str]:
        """The two who do the cases of a department or an organ, the same ones each time.

        The first is whoever signs in as it; the second a colleague, of an organ whoever signs in as that of all places.
        """
        place, of_organ, role = unit.partition(":")
        if of_organ:
            organ = label("role", role, "zh")
            return [officer_of(f"{places_with_texts()[place].zh}{organ}"), officer_of(organ)]
        drawn, where = Random(f"officers of {unit}"), name_in(departments(), unit) or unit
        return [officer_of(where), f"{drawn.choice(self.surnames)}{drawn.choice(self.given_names)}@{where}"]

    def kind(self, department: Department) -> DepartmentKind | None:
        """The kind of a department; None for one that has no case."""
        return next((kind for part, kind in self.kinds.items() if part in department.name), None)


class Story(Fixed):
    """One template; ``docs/console.md`` says what its keys mean."""

    story: str
    statutes: tuple[str, ...]
    asks: str | None = None
    holds: str | None = None
    filed: int = Field(le=-1)
    apart: int = Field(default=0, ge=0)
    opened_by: Role | None = None
    request: Mapping[str, Any] = Field(default_factory=dict)
    steps: tuple[Mapping[str, Any], ...] = ()


class Stories(Fixed):
    """The stories of one procedure, and what all of their filings say."""

    procedure: ProcedureName
    request: Mapping[str, Any]
    stories: tuple[Story, ...]


@dataclass(frozen=True)
class SeededCase:
    """One case of the demonstration. ``key`` files it and is the same each time."""

    key: str
    scenario: Scenario


@cache
def departments() -> Departments:
    """The departments of each place, as an operator's list."""
    return read_departments(_text(DEPARTMENTS), DEPARTMENTS, packaged_statutes().values())


@cache
def matters() -> Matters:
    """What is asked for."""
    return Matters.model_validate(read_yaml(_text(MATTERS), MATTERS).data)


def stories() -> Iterator[Stories]:
    """The stories of every procedure, in its file's order."""
    for entry in sorted(FOLDER.iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".yaml") and entry.name not in (DEPARTMENTS, MATTERS):
            yield Stories.model_validate(read_yaml(entry.read_text(encoding="utf-8"), entry.name).data)


def seeded_cases(now: datetime) -> list[SeededCase]:
    """All cases, reckoned from an instant: what happens in them happened before it. Earliest filing first."""
    made = [case for of in stories() for case in _cases(of, now)]
    return sorted(made, key=lambda case: case.scenario.filed_at)


def suspended_cases(now: datetime) -> list[SeededCase]:
    """The grants of the trouble that the demonstration has, reckoned from an instant."""
    return list(_cases(Stories.model_validate(read_yaml(_text(SUSPENSION), SUSPENSION).data), now))


def _cases(of: Stories, now: datetime) -> Iterator[SeededCase]:
    today = now.astimezone(CHINA).date()
    days = Calendar.packaged().as_known_on(today)
    for story in of.stories:
        for number, statute in enumerate(story.statutes):
            key = key_of(of.procedure, story.story, statute)
            yield SeededCase(key, _scenario(of, story, statute, key, number, today, days))


def key_of(procedure: ProcedureName, story: str, statute: str) -> str:
    """The key under which a case is filed; a key has no plus sign."""
    return f"seed/{procedure.tag or 'REQUEST'}/{story}/{statute.replace('+', '.')}"


def _scenario(
    of: Stories, story: Story, statute: str, key: str, number: int, today: date, days: WorkingDays
) -> Scenario:
    drawn = Random(key)
    filed = working_day(days, today, story.filed - number * story.apart)
    filled = _filled_in(statute, story, filed, today, drawn)
    filed_at = _at(filed, drawn, None)
    data = {
        "name": f"{story.story} {statute}",
        "procedure": of.procedure.value,
        "statute": statute,
        "filed_at": filed_at,
        "request": _replaced(_merged(of.request, story.request), filled),
        "steps": list(_steps(story.steps, filed_at, days, filled, drawn)),
        **({"opened_by": story.opened_by} if story.opened_by else {}),
    }
    return kind_for(data, Scenario).model_validate(data)


def working_day(days: WorkingDays, today: date, before: int) -> date:
    """The working day ``before`` (below 0) days from today; from the next working day where today is none."""
    day = today if days.is_working_day(today) else days.add_working_days(today, 1)
    for _ in range(-before):
        day -= timedelta(days=1)
        while not days.is_working_day(day):
            day -= timedelta(days=1)
    return day


def _steps(
    steps: Sequence[Mapping[str, Any]], filed_at: datetime, days: WorkingDays, filled: Mapping[str, Any], drawn: Random
) -> Iterator[dict[str, Any]]:
    before = filed_at
    for step in steps:
        said = _AT.fullmatch(step["at"])
        if said is None:
            raise ValueError(f"{step['at']} is no day after the filing, such as +3 or +3 09:30.")
        ahead = int(said[1])
        day = days.add_working_days(filed_at.date(), ahead) if ahead else filed_at.date()
        at = datetime.fromisoformat(f"{day}T{said[2]}+08:00") if said[2] else _at(day, drawn, before)
        person = drawn.choice(matters().officers(_unit(step["by"], filled)))
        yield {"person": person, **step, "at": at, "with": _replaced(step.get("with") or {}, filled)}
        before = at


def _unit(by: str, filled: Mapping[str, Any]) -> str:
    """The department that acts in a role, or the organ of the place."""
    party = filled.get(f"${by}")
    return str(party["code"]) if party else f"{filled['$place']}:{by}"


def _at(day: date, drawn: Random, before: datetime | None) -> datetime:
    """An instant at office hours; on the day of what happened before, after that."""
    minutes = [
        instant
        for begins, ends in ((OPENS, REST), (AFTERNOON, CLOSES))
        for instant in _minutes(day, begins, ends)
        if before is None or instant > before
    ]
    # Filings come in the morning, so that the day has room for what follows.
    return drawn.choice(minutes[:60] if before is None else minutes)


def _minutes(day: date, begins: time, ends: time) -> Iterator[datetime]:
    at = datetime.combine(day, begins, CHINA)
    while at <= datetime.combine(day, ends, CHINA):
        yield at
        at += timedelta(minutes=1)


def _filled_in(statute: str, story: Story, filed: date, today: date, drawn: Random) -> dict[str, Any]:
    """What stands for the words with a $ in one case: who asks for what of whom, where the story does not say so."""
    place = place_of(statute)
    there = {department: kind for department in departments()[place] if (kind := matters().kind(department))}
    holdings = [(it, held) for it, kind in there.items() for held in kind.has if story.holds in (None, held.code)]
    provider, resource = drawn.choice(holdings)
    asking = [it for it in there if it != provider and (story.asks or "") in it.name]
    requester = drawn.choice(asking)
    asks = there[requester]
    return {
        "$place": place,
        "$requester": {"code": requester.code, "name": requester.name},
        "$provider": {"code": provider.code, "name": provider.name},
        "$code": f"{matters().places[place]}-{resource.code}",
        "$name": resource.name,
        "$scope": resource.scope,
        "$purpose": asks.purpose,
        "$legal_basis": asks.legal_basis,
        "$year": str(filed.year),
        "$half": f"{filed.year}-H{1 if filed.month < 7 else 2}",
        "$filed": filed,
        "$day": today,
    }


def _replaced(value: Any, filled: Mapping[str, Any]) -> Any:
    """The value with every word with a $ filled in."""
    if isinstance(value, Mapping):
        return {name: _replaced(each, filled) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(each, filled) for each in value]
    said = _DAY.fullmatch(value) if isinstance(value, str) else None
    if said is not None:
        return (filled[f"${said[1]}"] + timedelta(days=int(said[2] or 0))).isoformat()
    return filled.get(value, value) if isinstance(value, str) else value


def _merged(usual: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What all filings say, and what one says besides or otherwise."""
    merged = dict(usual)
    for name, value in own.items():
        there = merged.get(name)
        merged[name] = _merged(there, value) if isinstance(there, Mapping) and isinstance(value, Mapping) else value
    return merged


def _text(name: str) -> str:
    return FOLDER.joinpath(name).read_text(encoding="utf-8")
