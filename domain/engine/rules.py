"""Rules in their book: who may give a command in which stage, what it must say, and what it does (办理规则)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from domain.engine.case import Case
from domain.engine.decision import Decision, Refused
from domain.engine.filed import Filed
from domain.words import CommandName, Role, Stage

P = TypeVar("P", bound=Case)


def always_available(_: Any) -> Refused | None:
    """The command exists under every statute."""
    return None


def at_any_time(_: Any, __: Role) -> None:
    """Stage and role are all that matters."""


def all_of_them(*_: object) -> Mapping[str, Collection[str]]:
    """Every word that a field takes may be right."""
    return {}


@dataclass(frozen=True)
class CommandRule(Generic[P]):
    """Who may give a command in which stage, what it says, and what it does.

    ``unavailable`` says, from the statute alone, that the command does not exist in such a case at all. ``when``
    refuses, in the right stage and role, what has to have happened before (or must not have). ``between_cases``: it is
    told by another case alone, and no person or platform gives it. ``settles``: it coordinates or decides a dispute,
    so that where the case names a superior that place's organs alone give it.
    ``choices``: of fields that take one of several words, by their names, those that can be right in a case now.
    ``stages``: where the process has it.
    """

    name: CommandName
    by: Sequence[Role]
    says: type[Filed]
    rule: Callable[[Decision[P], Any], None]
    unavailable: Callable[[P], Refused | None] = always_available
    when: Callable[[P, Role], None] = at_any_time
    between_cases: bool = False
    settles: bool = False
    choices: Callable[[P, Role], Mapping[str, Collection[str]]] = all_of_them
    stages: Sequence[Stage] = ()


Rule = Callable[[Decision[P], Any], None]


class RuleBook(dict[CommandName, CommandRule[P]]):
    """Every command of one procedure, in the order in which a case may meet them."""

    def command(
        self,
        name: CommandName,
        by: Sequence[Role],
        says: type[Filed],
        unavailable: Callable[[P], Refused | None] = always_available,
        when: Callable[[P, Role], None] = at_any_time,
        between_cases: bool = False,
        settles: bool = False,
        choices: Callable[[P, Role], Mapping[str, Collection[str]]] = all_of_them,
    ) -> Callable[[Rule[P]], Rule[P]]:
        """Enter the rule of a command. Raises ValueError for a command that has a rule already."""

        def enter(rule: Rule[P]) -> Rule[P]:
            if name in self:
                raise ValueError(f"{rule.__module__}: {name.value} is ruled twice, in {rule.__qualname__} once more")
            self[name] = CommandRule(name, by, says, rule, unavailable, when, between_cases, settles, choices)
            return rule

        return enter


def together(*books: Mapping[CommandName, CommandRule[P]]) -> Mapping[CommandName, CommandRule[P]]:
    """The rules of several books, in their order. Raises ValueError for a command that two of them rule."""
    found: dict[CommandName, CommandRule[P]] = {}
    for book in books:
        twice = found.keys() & book.keys()
        if twice:
            raise ValueError(f"{', '.join(sorted(twice))}: ruled twice")
        found.update(book)
    return found
