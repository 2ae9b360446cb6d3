"""Which fields a rule will not do without (必填), found by asking it: rules are plain functions and change nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import Any, Final

from pydantic import ValidationError

from console.forms import YES, FormField, said_with
from domain.calendar import CHINA
from domain.engine.case import Case
from domain.engine.commands import InvalidFields
from domain.engine.decision import Decision, Refused
from domain.engine.filed import Party, Resource
from domain.engine.records import Actor
from domain.engine.rules import CommandRule
from domain.statutes.model import Statute
from domain.words import Role
from procedures.share_request.application import Application, missing_fields

SAMPLES: Final = {"date": "2030-01-02", "number": "1", "tick": YES, "truth": YES}
"""What is tried in a field of a kind; a text elsewhere."""

Tried = Mapping[str, str]


def asked_by(rule: CommandRule[Any], now: Case, able: Sequence[Role], fields: Sequence[FormField]) -> Collection[str]:
    """The fields without which a command is refused at a case now, in every role and for every choice that it names.

    What may be said in one of several fields is asked of none.
    """
    choosing = [field for field in fields if field.required and field.choices]
    given = {field.name: _sample(field) for field in fields if field.required and not field.choices}
    answers = product(*(field.choices for field in choosing))
    chosen = [{**given, **dict(zip((it.name for it in choosing), words, strict=True))} for words in answers]
    asked = [set(_asked(rule, now, role, fields, each)) for role in able for each in chosen]
    return set.intersection(*asked) if asked else set()


def asked_of_applications(texts: Sequence[Statute]) -> Collection[str]:
    """The fields of an application that every one of these texts asks for."""
    empty = Application(requester=Party(), provider=Party(), resource=Resource())
    return set.intersection(*({name for name, _ in missing_fields(empty, text)} for text in texts))


def _asked(rule: CommandRule[Any], now: Case, role: Role, fields: Sequence[FormField], typed: Tried) -> Iterator[str]:
    """The fields that the rule asks for one after the other, each given once it was asked for."""
    refusal = _refusal(rule, now, role, fields, typed)
    while refusal is not None:
        others = [field for field in fields if field.kind != "rows" and field.name not in typed]
        tried = {field.name: {**typed, field.name: _sample(field)} for field in others}
        came = {name: _refusal(rule, now, role, fields, each) for name, each in tried.items()}
        helping = [name for name, other in came.items() if other != refusal]
        if len(helping) != 1:
            return
        yield helping[0]
        typed, refusal = tried[helping[0]], came[helping[0]]


def _refusal(
    rule: CommandRule[Any], now: Case, role: Role, fields: Sequence[FormField], typed: Tried
) -> tuple[str, ...] | None:
    """Why the rule refuses what was typed, to be compared; None where it does not."""
    org = {Role.REQUESTER: now.requester.code, Role.PROVIDER: now.provider.code}.get(role)
    decision = Decision(now, Actor(role=role, org=org), now.last_at or datetime.now(CHINA), now.stage)
    try:
        rule.rule(decision, rule.says.model_validate(said_with(fields, typed)))
    except Refused as refused:
        return refused.code.value, *refused.details.values()
    except (ValidationError, InvalidFields):
        return ("invalid",)
    return None


def _sample(field: FormField) -> str:
    return field.choices[0] if field.choices else SAMPLES.get(field.kind, "1")
