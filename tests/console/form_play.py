"""Scenarios whose commands people give through the forms of the console, each command of each procedure at least once.

Which commands there are is read from what the procedures declare; which scenarios bring a case to where each is open,
from their plays on paper.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

from console.forms import NO, OR_A_NUMBER, YES, FormField, fields_of
from domain.engine.records import RecordedEvent
from domain.engine.rules import CommandRule
from domain.words import CommandName, ProcedureName, Role
from embedded.simulate.player import Player, command_of
from embedded.simulate.sandbox import Sandbox
from procedures.registry import PROCEDURES
from starter.scenarios import PlayedStep, Scenario
from tests.covering import few
from tests.plays import FILES, carried_out, on_paper, scenario_of
from tests.test_scenarios import told

Given = tuple[ProcedureName, CommandName]
"""A command of a procedure."""

BY_PEOPLE: Final[Mapping[Given, CommandRule[Any]]] = {
    (name, rule.name): rule
    for name, procedure in PROCEDURES.items()
    for rule in procedure.rules.values()
    if not rule.between_cases
}
"""Every command that people give, as the procedures declare it."""


Traits = Callable[[Given, PlayedStep], Set[Hashable]]
"""What of a command is to be tried."""


def each_command(given: Given, _: PlayedStep) -> Set[Hashable]:
    """Every command."""
    return {given}


def each_kind_of_field(given: Given, step: PlayedStep) -> Set[Hashable]:
    """Every kind of field in which something is typed, alone or in a row."""
    fields = fields_of(BY_PEOPLE[given].says)
    parts = {f"{field.name}.{part.name}": part for field in fields for part in field.parts}
    alone = {field.name: field for field in fields}
    names = form_of(given, step)
    return {(found.kind, name in parts) for name in map(_without_row, names) if (found := (alone | parts).get(name))}


def _without_row(name: str) -> str:
    return ".".join(part for part in name.split(".") if not part.isdigit())


@dataclass(frozen=True)
class FormPlay:
    """A scenario up to the last command that is to be given through a form, and the numbers of those steps."""

    path: Path
    by_form: Set[int]

    def __str__(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def scenario(self) -> Scenario:
        """The steps that are carried out, as far as need be; a refused one leaves nothing behind."""
        steps = tuple(carried_out(on_paper(self.path).played))[: max(self.by_form)]
        return scenario_of(self.path).model_copy(update={"steps": steps, "until": None})


def form_plays(traits: Traits) -> Sequence[FormPlay]:
    """As few and short scenarios as show all traits. Raises LookupError for a command that no scenario gives."""
    steps = _all_by_people()
    nowhere = BY_PEOPLE.keys() - {given for of_path in steps.values() for _, given, _ in of_path}
    if nowhere:
        raise LookupError(f"no scenario gives {sorted(nowhere)}")
    shown = {path: {it for _, given, step in found for it in traits(given, step)} for path, found in steps.items()}
    plays, seen = list[FormPlay](), set[Hashable]()
    for path in few(shown, lambda path: 2.0 + len(steps[path])):
        by_form = set[int]()
        for number, given, step in steps[path]:
            if not traits(given, step) <= seen:
                by_form.add(number)
                seen |= traits(given, step)
        plays.append(FormPlay(path, by_form))
    return plays


@cache
def _all_by_people() -> Mapping[Path, Sequence[tuple[int, Given, PlayedStep]]]:
    return {path: [*_by_people(path)] for path in FILES}


def _by_people(path: Path) -> Iterator[tuple[int, Given, PlayedStep]]:
    """The steps that are carried out and have a form, with their numbers among those carried out."""
    procedure = scenario_of(path).procedure
    for number, step in enumerate(carried_out(on_paper(path).played), start=1):
        if (procedure, step.do) in BY_PEOPLE:
            yield number, (procedure, step.do), step


def form_of(given: Given, step: PlayedStep) -> dict[str, str]:
    """What is typed into a command's form to say what a step says; what has a twin is typed beside."""
    says = BY_PEOPLE[given].says
    said = says.model_validate(step.with_).model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return _typed(fields_of(says), said)


def _typed(fields: Sequence[FormField], said: Mapping[str, Any]) -> dict[str, str]:
    known = {field.name: field for field in fields if not field.twin}
    found: dict[str, str] = {}
    for name, value in _flat(known, said):
        field = known[name]
        if field.kind == "rows":
            for number, row in enumerate(value):
                inside = {part.name: part for part in field.parts}
                found |= {f"{name}.{number}.{part}": _as_typed(inside[part], one) for part, one in _flat(inside, row)}
        else:
            found[name] = _as_typed(field, value)
    return found


def _flat(known: Mapping[str, FormField], said: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Each value with the name of its field."""
    for key, value in said.items():
        name = f"{before}{key}"
        if f"{name}.{OR_A_NUMBER}" in known and isinstance(value, int):
            yield f"{name}.{OR_A_NUMBER}", value
        elif not isinstance(value, Mapping):
            beside = key == "conditions" and name not in known
            yield (before.removesuffix(".") if beside else name), value
        elif name in known or any(other.startswith(f"{name}.") for other in known):
            yield from _flat(known, value, f"{name}.")
        else:
            yield from _flat(known, value, before)


def _as_typed(field: FormField, value: Any) -> str:
    if isinstance(value, bool):
        return YES if value else "" if field.kind == "tick" else NO
    return "\n".join(map(str, value)) if field.kind == "lines" else str(value)


class Hand(Protocol):
    """Whoever fills in and sends the form of a command at a case."""

    async def give(self, request_id: str, command: CommandName, role: Role, org: str, form: Mapping[str, str]) -> None:
        """Give a command through its form; fails where the form is not there or is refused."""


class ByForms(Player):
    """Plays a scenario in which a hand gives the chosen commands; ``tell`` hears when each is given."""

    def __init__(self, ground: Sandbox, play: FormPlay, hand: Hand, tell: Callable[[datetime], Any]) -> None:
        super().__init__(ground, play.scenario)
        self._by_form, self._hand, self._tell = play.by_form, hand, tell

    async def _give(self, request_id: str, number: int, step: PlayedStep) -> None:
        scenario = self.scenario
        if number not in self._by_form:
            return await super()._give(request_id, number, step)
        actor = command_of(scenario, number, step).actor
        party = step.by in (Role.REQUESTER, Role.PROVIDER)
        form = form_of((scenario.procedure, step.do), step)
        self._tell(step.at)
        await self._hand.give(request_id, step.do, step.by, (actor.org or "") if party else "", form)
        return None


async def played_and_on_paper(player: ByForms, play: FormPlay) -> tuple[Any, Any]:
    """The events of a play by forms, and those that it has on paper as far as it goes."""
    played = await player.play()
    assert played.unexpected == [], str(play)
    paper = on_paper(play.path).played.events[: len(played.events)]
    return [*map(_told_of, played.events)], [*map(_told_of, paper)]


def _told_of(event: RecordedEvent) -> Mapping[str, Any]:
    """But for who exactly acted: here the organs of the demonstration, there those of the text."""
    return {**told(event), "actor": event.actor.role}
