"""推演: one more step of a scenario, made of a form: who does what, when, with what the command lets be said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any, Final

from api.http.problems import Problem
from console.forms import fields_of, said_with
from console.shown_forms import shown_fields, wrong_in
from domain.calendar import CHINA, CalendarError, WorkingDays, day_of
from domain.engine.rules import CommandRule
from domain.evidence import instant_text
from domain.messages import Language, label
from domain.statutes.loader import packaged_statutes
from domain.words import Role
from domain.yaml_text import read_yaml, written_yaml
from procedures.registry import PROCEDURES
from starter.scenarios import Scenario

WITH: Final = "with."
"""What stands before the names of a command's fields, as in a scenario: a page has fields of its own."""
BEGINS: Final = time(9)
"""When a step is done on its day, unless something else is said."""


@dataclass(frozen=True)
class StepAct:
    """A command in a role, as the form names it."""

    role: Role
    rule: CommandRule[Any]

    @property
    def word(self) -> str:
        """What the form sends."""
        return f"{self.role.value} {self.rule.name.value}"


def acts_of(scenario: Scenario) -> Sequence[StepAct]:
    """What may be done in cases of the scenario's procedure, by people or systems, under its text; by roles."""
    process, text = PROCEDURES[scenario.procedure], packaged_statutes().get(scenario.statute)
    stages = process.under(text).stages if text is not None else process.process.stages
    there = {command for stage in stages for command in stage.commands}
    rules = [rule for rule in process.rules.values() if rule.name in there and not rule.between_cases]
    return [StepAct(role, rule) for role in Role for rule in rules if role in rule.by]


def act_said(scenario: Scenario, word: str, language: Language) -> StepAct:
    """What was chosen. Raises Problem 422 for what there is not."""
    found = next((act for act in acts_of(scenario) if act.word == word), None)
    if found is None:
        raise Problem(422, "invalid", detail=label("what_if", "no_such_act", language))
    return found


def offered_step(
    scenario: Scenario, values: Mapping[str, str], known: WorkingDays, language: Language
) -> Mapping[str, Any]:
    """What the page shows of a step to be added: what may be done by whom, and the fields of what was chosen."""
    acts = acts_of(scenario)
    chosen = next((act for act in acts if act.word == values.get("fields_of")), None)
    offered = [
        (label("role", role, language), [(act.word, label("command", act.rule.name, language)) for act in theirs])
        for role, theirs in groupby(acts, lambda act: act.role)
    ]
    return {
        "offered": offered,
        "chosen": values.get("act", ""),
        "fields_of": chosen.word if chosen else "",
        "fields": _fields_shown(chosen, values, language) if chosen else (),
        "at": values.get("at") or _next_morning(scenario, known),
    }


def _fields_shown(act: StepAct, values: Mapping[str, str], language: Language) -> Sequence[Mapping[str, Any]]:
    """The fields of a command as they were typed, under the names that they have in the page."""
    return [_named(row) for row in shown_fields(fields_of(act.rule.says), _inside(values), language, "with")]


def with_step(scenario: Scenario, act: StepAct, values: Mapping[str, str], language: Language) -> str:
    """The text of a scenario with one step more, after all that come before it. Raises Problem 422."""
    at, said = _instant(values.get("at", ""), language), said_with(fields_of(act.rule.says), _inside(values))
    wrong = wrong_in(act.rule.says, said, language)
    if wrong is not None:
        raise Problem(422, "invalid", detail=wrong)
    step = {"at": instant_text(at), "by": act.role.value, "do": act.rule.name.value, **({"with": said} if said else {})}
    data: Any = read_yaml(values["scenario"], "").data
    place = sum(each.at <= at for each in scenario.steps)
    data["steps"] = [*(data.get("steps") or [])[:place], step, *(data.get("steps") or [])[place:]]
    if scenario.until is not None and at > scenario.until:
        data["until"] = step["at"]
    return written_yaml(data)


def _next_morning(scenario: Scenario, known: WorkingDays) -> str:
    """The working day after the last step, as a browser's field of an instant has it."""
    last = day_of(scenario.steps[-1].at if scenario.steps else scenario.filed_at)
    try:
        day = known.add_working_days(last, 1)
    except CalendarError:
        day = last + timedelta(days=1)
    return datetime.combine(day, BEGINS).isoformat(timespec="minutes")


def _instant(typed: str, language: Language) -> datetime:
    """What a browser's field holds, in Beijing's time. Raises Problem 422."""
    try:
        at = datetime.fromisoformat(typed.strip())
    except ValueError:
        raise Problem(422, "invalid", detail=label("what_if", "no_such_instant", language)) from None
    return at if at.tzinfo else at.replace(tzinfo=CHINA)


def _inside(values: Mapping[str, str]) -> Mapping[str, str]:
    """What was typed into the fields of the command."""
    return {name.removeprefix(WITH): value for name, value in values.items() if name.startswith(WITH)}


def _named(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A field of a command, and its rows, under the names of the page."""
    named = {**row, "field": replace(row["field"], name=f"{WITH}{row['field'].name}")}
    if "rows" not in row:
        return named
    return {
        **named,
        "rows": [[_named(part) for part in parts] for parts in row["rows"]],
        "rows_field": f"{WITH}{row['rows_field']}",
    }
