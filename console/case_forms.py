"""A form for each command that the rules let a visitor give at a case now; what came back, as a command."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from api.cases.schemas import CommandIn
from api.dependencies import parties_of
from console.door import CSRF
from console.forms import FormField, fields_of, said_with
from console.required import asked_by
from console.said import answer_text, field_name, value_text
from console.shown_forms import MORE, shown_fields
from domain.access import Caller, Parties, capacities
from domain.engine.case import Case
from domain.engine.records import RecordedEvent
from domain.engine.rules import CommandRule
from domain.messages import Language, label, words
from domain.words import CommandName, EventType, ProcedureName, Role, Urgency
from ledger.queries.views import CaseDetail
from procedures.registry import PROCEDURES, allowed


@dataclass(frozen=True)
class Typed:
    """A form that came back: which, what was typed into it, and in what sentence it was refused, if it was."""

    command: str
    values: Mapping[str, str]
    sentence: str = ""


def offered(now: Case, caller: Caller, parties: Parties) -> Sequence[tuple[CommandRule[Any], Sequence[Role]]]:
    """The commands that the rules let a caller give now, each with the roles in which it may."""
    may = {role: set(allowed(now, role)) for role in caller.roles}
    found = []
    for name, rule in PROCEDURES[now.procedure].rules.items():
        able = [role for role in capacities(caller, rule.by, parties, rule.settles) if name in may[role]]
        if able:
            found.append((rule, able))
    return found


def to_be_looked_at(now: Case, events: Sequence[RecordedEvent], language: Language) -> Sequence[str]:
    """What was found lacking in the papers as they were brought last (审查要点), until they have had their answer."""
    if not any(_OF_PAPERS.intersection(allowed(now, role)) for role in Role):
        return ()
    brought = (event for event in reversed(events) if event.type in _BROUGHT)
    found = next(brought).data.get("findings") or ()
    return [value_text("findings", each, language) for each in found]


_OF_PAPERS: Final = frozenset(
    {
        CommandName.ACCEPT,
        CommandName.DECLINE,
        CommandName.RETURN_FOR_SUPPLEMENT,
        CommandName.SUPPLEMENT,
        CommandName.AUTHORIZE,
        CommandName.REFUSE_AUTHORIZATION,
        CommandName.GRANT,
        CommandName.REFUSE,
        CommandName.UNDERTAKE,
        CommandName.DISCLAIM,
        CommandName.APPROVE_UPDATE,
        CommandName.RETURN_UPDATE,
    }
)
"""The commands that judge papers, or mend them."""
_BROUGHT: Final = (EventType.FILED, EventType.SUPPLEMENTED, EventType.UPDATE_SUBMITTED)


def forms(
    case: CaseDetail,
    now: Case,
    caller: Caller,
    drafts: Mapping[str, Typed],
    found: Sequence[str],
    language: Language,
) -> Sequence[Mapping[str, Any]]:
    """The forms of a case's page: with what was typed into each so far, what was ``found`` lacking filled in."""
    presets = {CommandName.URGE: {"level": Urgency.NOTICE.value}}
    if found:
        presets[CommandName.RETURN_FOR_SUPPLEMENT] = {"missing": "\n".join(found)}
    return [
        _form(rule, now, able, drafts.get(rule.name), presets.get(rule.name, {}), language)
        for rule, able in offered(now, caller, parties_of(case))
    ]


def _form(
    rule: CommandRule[Any],
    now: Case,
    able: Sequence[Role],
    typed: Typed | None,
    preset: Mapping[str, str],
    language: Language,
) -> Mapping[str, Any]:
    values, fields = typed.values if typed else preset, fields_now(rule, now, able)
    shown, blank = (shown_fields(fields, each, language, rule.name.value) for each in (values, preset))
    draft = shown != blank
    return {
        "name": rule.name.value,
        "label": label("command", rule.name, language),
        "roles": [(role.value, label("role", role, language)) for role in able],
        "role": values.get("as") or able[0].value,
        "key": secrets.token_hex(16),
        "draft": draft,
        "open": draft or (typed is not None and bool(typed.sentence)),
        "fields": shown,
    }


def fields_now(rule: CommandRule[Any], now: Case, able: Sequence[Role]) -> Sequence[FormField]:
    """The fields of a command: which its rule asks for, and the words that can be right at a case now."""
    right: dict[str, set[str]] = {}
    for role in able:
        for name, choices in rule.choices(now, role).items():
            right.setdefault(name, set()).update(choices)
    fields = [
        replace(field, choices=[word for word in field.choices if word in right[field.name]])
        if field.name in right
        else field
        for field in fields_of(rule.says)
    ]
    asked = asked_by(rule, now, able, fields)
    return [replace(field, required=field.required or field.name in asked) for field in fields]


def typed_lines(typed: Typed, language: Language) -> Iterator[tuple[str, str]]:
    """What was typed into a form that is not offered any more, each field by its name and its answer in words."""
    for name, value in typed.values.items():
        if not value or name in _HIDDEN or name.endswith(".rows"):
            continue
        if name in _ABOUT:
            heading, kind = _ABOUT[name]
            known = words(kind).get(value)
            yield label("console", heading, language), known[language] if known else value
        else:
            yield field_name(name, language), answer_text(name, value, language)


def says_something(typed: Typed) -> bool:
    """Whether anything is typed into a form, beside which form it is and in which role it is sent."""
    return any(
        value.strip()
        for name, value in typed.values.items()
        if name not in _ABOUT and name not in _HIDDEN and not name.endswith(".rows")
    )


_ABOUT: Final = {"command": ("the_command", "command"), "as": ("role", "role")}
_HIDDEN: Final = (CSRF, "idempotency_key", "if_match", MORE)


def rule_named(case: CaseDetail, name: str) -> CommandRule[Any] | None:
    """The rule of a command in a case's procedure; None for one that it does not have."""
    return next((rule for rule in PROCEDURES[ProcedureName(case.procedure)].rules.values() if rule.name == name), None)


def body_of(rule: CommandRule[Any] | None, values: Mapping[str, str]) -> CommandIn:
    """The command that a form says. Raises ValidationError for a command or a role that there is not."""
    fields: Sequence[FormField] = fields_of(rule.says) if rule else ()
    said = said_with(fields, values)
    return CommandIn.model_validate(
        {"command": values.get("command", ""), "as": values.get("as") or None, "with": said}
    )
