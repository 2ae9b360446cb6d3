"""What somebody said in an event or a filing, field by field in the reader's words."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from audit.page.told import UNSAID, WORDS_OF
from console.forms import NO, YES
from console.shown_forms import choice_of, named
from domain.engine.records import Actor
from domain.messages import Language, label, words
from domain.messages.days import day_said
from domain.messages.period_names import period_said
from domain.statutes.loader import packaged_statutes, regulation_title
from domain.statutes.model import Name, Statute
from domain.words import Role

CODED: Final = frozenset(
    {
        *("by", "cause", "change", "failure", "findings", "kind", "lapsed", "provided", "rectification", "result"),
        *("trigger", "until"),
    }
)
"""The fields that may hold a word of the engine's own, and no vocabulary has it."""
PARTIES: Final = frozenset({"code", "department", "provider", "requester"})
DEEPEST: Final = 6
"""What is said within more objects than this is not shown."""


def said_lines(told: Mapping[str, Any], language: Language, statute: Statute) -> Sequence[tuple[str, str]]:
    """The fields with something in them, each by its name, as one text; what a text lists by its name there."""
    return [
        (field_name(name, language), text)
        for name, value in told.items()
        if name not in UNSAID and (text := value_text(name, value, language, statute))
    ]


def field_name(name: str, language: Language) -> str:
    """What people call a field; its own name where the catalogue has none, as of a word of a later version.

    Rows of a list are counted from 1, as people see them.
    """
    try:
        return named([str(int(part) + 1) if part.isdecimal() else part for part in name.split(".")], language)
    except LookupError:
        return name


def value_text(name: str, value: Any, language: Language, statute: Statute | None = None) -> str:
    """A value as text: one line for each thing that it holds; ``statute``: what that text lists, by its name there."""
    return "\n".join(_lines(name, value, language, statute, 0))


def answer_text(name: str, typed: str, language: Language) -> str:
    """What was typed or chosen in a field of a form, in words."""
    return value_text(name.rpartition(".")[2], _TICKS.get(typed, typed), language)


_TICKS: Final = {YES: True, NO: False}


def _lines(name: str, value: Any, language: Language, statute: Statute | None, depth: int) -> Iterator[str]:
    if depth > DEEPEST or value is None:
        return
    if isinstance(value, Mapping):
        colon = label("console", "colon", language)
        parts = [
            f"{field_name(key, language)}{colon}{' '.join(_lines(key, each, language, statute, depth + 1))}"
            for key, each in value.items()
            if each not in (None, "", [], {}, ())
        ]
        yield label("console", "and_also", language).join(parts)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _lines(name, each, language, statute, depth + 1)
    elif isinstance(value, bool):
        yield choice_of("true" if value else "false", language)
    else:
        yield _word(name, str(value), language, statute)


def _word(name: str, value: str, language: Language, statute: Statute | None) -> str:
    if name in PARTIES:
        return organ_text(value, language)
    if name == "statute" and (title := regulation_title(value)) is not None:
        return str(getattr(title, language))
    if name == "period":
        return period_said(value, language)
    for kind in _kinds(name):
        if value in words(kind):
            return words(kind)[value][language]
    listed = _listed(statute).get(name, {}).get(value) if statute else None
    return getattr(listed, language) if listed is not None else day_said(value, language)


def organ_text(code: str, language: Language) -> str:
    """A department's code; of an organ that no filing gave one (``nantong:bureau``), what people call it."""
    _, colon, role = code.partition(":")
    return words("role")[role][language] if colon and role in words("role") else code


def actor_text(actor: Actor, language: Language) -> str:
    """In which role somebody acted; that nobody did, where the platform acted by itself."""
    by_itself = actor.role is Role.PLATFORM and actor.person is None
    return label("console", "automatic", language) if by_itself else label("role", actor.role, language)


def resource_text(code: str, language: Language) -> str:
    """A resource's code; of a regular duty, which stands in the place of one, what a text calls it."""
    return getattr(_duties()[code], language) if code in _duties() else code


@cache
def _duties() -> Mapping[str, Name]:
    """The regular duties of all texts by their ids, of which one may be in several."""
    return {each.id: each.name for text in packaged_statutes().values() for each in text.duties or ()}


def _kinds(name: str) -> Sequence[str]:
    """Where the words of a field are looked for, one after another."""
    own = [WORDS_OF[name]] if name in WORDS_OF else []
    return [*own, *(["said_word"] if name in CODED else []), *(["clock"] if name == "lapsed" else [])]


def _listed(statute: Statute) -> Mapping[str, Mapping[str, Name]]:
    """What a text lists for fields of cases under it, by the ids that they hold."""
    duties = {"duty": {each.id: each.name for each in statute.duties or ()}}
    rules = statute.rectification
    if rules is None:
        return duties
    return {
        **duties,
        "ground": {each.id: each.name for each in rules.grounds},
        "step": {each.id: each.name for each in rules.steps},
    }
