"""Which event makes which notice: ``notices.yaml``, read and asked."""

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
    """How one kind of notice comes about; see the head of the file."""

    kind: str
    issuer: Role | Literal["actor"]
    to: tuple[Addressee, ...]
    copies: tuple[Addressee, ...] = ()
    when: Mapping[str, Fact] = {}
    clauses: tuple[str, ...] = ()
    otherwise: Ground | None = None
    says: tuple[str, ...] = ()


class NextRule(RulePart):
    """What comes next where a case stands so."""

    word: str
    when: Mapping[str, Fact]


class RuleVariant(RulePart):
    """What a text has otherwise."""

    issuer: Role


class Rules(RulePart):
    """The whole file."""

    events: Mapping[EventType, tuple[NoticeRule, ...]]
    statutes: Mapping[str, Mapping[str, RuleVariant]]
    next: tuple[NextRule, ...]


@cache
def rules() -> Rules:
    """The rules that come with the product."""
    text = files("starter.documents").joinpath("notices.yaml").read_text(encoding="utf-8")
    return Rules.model_validate(yaml.safe_load(text))


def notice_rule(type_: EventType, statute: str, facts: Mapping[str, object]) -> NoticeRule | None:
    """The rule for an event under a statute; None where the event tells nobody anything."""
    for rule in rules().events.get(type_, ()):
        if _holds(rule.when, facts):
            change = rules().statutes.get(statute.partition("+")[0], {}).get(rule.kind)
            return rule.model_copy(update={"issuer": change.issuer}) if change else rule
    return None


def next_word(facts: Mapping[str, object]) -> str | None:
    """What comes next; None where no rule says it better than the stage itself: whom it waits for, and until when."""
    return next((rule.word for rule in rules().next if _holds(rule.when, facts)), None)


def _holds(when: Mapping[str, Fact], facts: Mapping[str, object]) -> bool:
    return all(facts.get(name) == wanted for name, wanted in when.items())
