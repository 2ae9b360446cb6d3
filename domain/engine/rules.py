"""Command rules (办理规则): who may give a command in which stage, its fields, and what it does."""

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
    """Nothing but stage and role matters."""


def all_of_them(*_: object) -> Mapping[str, Collection[str]]:
    """No field is restricted to some of its values."""
    return {}


@dataclass(frozen=True)
class CommandRule(Generic[P]):
    """Who may give a command in which stage, its fields, and what it does.

    ``says``: the model of its fields.
    ``unavailable``: the refusal if, by the statute alone, the command does not exist in such a case.
    ``when`` refuses, once stage and role are right, if something has not happened yet (or must not have happened).
    ``between_cases``: only another case gives the command, never a person or the platform.
    ``settles``: it coordinates or decides; if the case names a superior, only the superior's organs give it.
    ``choices``: for fields with a fixed set of values, by name, the values that are possible in the case now.
    ``stages``: the stages in which the process has it open.
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
        """Decorator that enters the rule of a command. Raises ValueError if the command already has one."""

        def enter(rule: Rule[P]) -> Rule[P]:
            if name in self:
                raise ValueError(f"{rule.__module__}: {name.value} is ruled twice, in {rule.__qualname__} once more")
            self[name] = CommandRule(name, by, says, rule, unavailable, when, between_cases, settles, choices)
            return rule

        return enter


def together(*books: Mapping[CommandName, CommandRule[P]]) -> Mapping[CommandName, CommandRule[P]]:
    """The rules of several books, in order. Raises ValueError for a command that is in two of them."""
    found: dict[CommandName, CommandRule[P]] = {}
    for book in books:
        twice = found.keys() & book.keys()
        if twice:
            raise ValueError(f"{', '.join(sorted(twice))}: ruled twice")
        found.update(book)
    return found
