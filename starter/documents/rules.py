"""The rules that make notices of events, from ``notices.yaml``."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from domain.words import EventType, Role

Fact = str | bool
Addressee = Role | Literal["assignees", "late", "parties", "departments"]
Ground = Literal["practice", "own_will", "supervision", "record"]


class RulePart(BaseModel):
    """A part of the file; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NoticeRule(RulePart):
    """The rule of one kind of notice; see the head of the file."""

    kind: str
    issuer: Role | Literal["actor"]
    to: tuple[Addressee, ...]
    copies: tuple[Addressee, ...] = ()
    when: Mapping[str, Fact] = {}
    clauses: tuple[str, ...] = ()
    otherwise: Ground | None = None
    says: tuple[str, ...] = ()


class NextRule(RulePart):
    """The next step of a case in some state."""

    word: str
    when: Mapping[str, Fact]


class RuleVariant(RulePart):
    """Differences under some texts."""

    issuer: Role


class Rules(RulePart):
    """The whole file."""

    events: Mapping[EventType, tuple[NoticeRule, ...]]
    statutes: Mapping[str, Mapping[str, RuleVariant]]
    next: tuple[NextRule, ...]


@cache
def rules() -> Rules:
    """The packaged rules."""
    text = files("starter.documents").joinpath("notices.yaml").read_text(encoding="utf-8")
    return Rules.model_validate(yaml.safe_load(text))


def notice_rule(type_: EventType, statute: str, facts: Mapping[str, object]) -> NoticeRule | None:
    """The rule for an event under a statute; None if the event makes no notice."""
    for rule in rules().events.get(type_, ()):
        if _holds(rule.when, facts):
            change = rules().statutes.get(statute.partition("+")[0], {}).get(rule.kind)
            return rule.model_copy(update={"issuer": change.issuer}) if change else rule
    return None


def next_word(facts: Mapping[str, object]) -> str | None:
    """The word of the next step; None if no rule says more than the stage itself."""
    return next((rule.word for rule in rules().next if _holds(rule.when, facts)), None)


def _holds(when: Mapping[str, Fact], facts: Mapping[str, object]) -> bool:
    return all(facts.get(name) == wanted for name, wanted in when.items())
