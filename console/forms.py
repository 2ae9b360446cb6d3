"""Forms of commands, made of what each rule lets be said, and what came back from one as the fields of a command."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from domain.engine.filed import Filed
from domain.messages import Language, words

Kind = Literal["text", "area", "lines", "date", "number", "tick", "choice"]

ONE_LINE: Final = 200
"""Texts that may be longer get an area."""
KINDS_OF_NAMES: Final = ("console_field", "said", "notice_field", "application_field")
KINDS_OF_WORDS: Final = ("console_choice", "urgency", "service_mode", "clock", "sharing_class", "authorization")


@dataclass(frozen=True)
class FormField:
    """A field of a form: ``name`` is the contract's, with a dot before a part of an object."""

    name: str
    kind: Kind
    required: bool = False
    choices: Sequence[str] = ()


@cache
def fields_of(says: type[Filed]) -> tuple[FormField, ...]:
    """The fields of what a command may say. A list of objects (papers, entries of a catalogue) has no simple form."""
    schema = says.model_json_schema()
    return tuple(_of_object(schema, schema.get("$defs", {}), ""))


def _of_object(schema: Mapping[str, Any], known: Mapping[str, Any], before: str) -> Iterator[FormField]:
    must = schema.get("required", ())
    for name, property_ in schema.get("properties", {}).items():
        yield from _of(f"{before}{name}", _plain(property_, known), known, name in must and not before)


def _plain(said: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first of the ways in which a property may be said, without the way of saying nothing."""
    if "$ref" not in said:
        ways = [way for way in said.get("anyOf", [said]) if way.get("type") != "null"]
        said = ways[0]
    named: Mapping[str, Any] = known[said["$ref"].rpartition("/")[2]] if "$ref" in said else said
    return named


def _of(name: str, said: Mapping[str, Any], known: Mapping[str, Any], required: bool) -> Iterator[FormField]:
    match said:
        case {"enum": choices}:
            yield FormField(name, "choice", required, tuple(choices))
        case {"type": "string", "format": "date"}:
            yield FormField(name, "date", required)
        case {"type": "string"}:
            long = said.get("maxLength", ONE_LINE + 1) > ONE_LINE
            yield FormField(name, "area" if long else "text", required)
        case {"type": "integer"}:
            yield FormField(name, "number", required)
        case {"type": "boolean"}:
            yield FormField(name, "tick")
        case {"type": "array", "items": {"type": "string"}}:
            yield FormField(name, "lines")
        case {"type": "object"} if name.rpartition(".")[2] == "terms":
            # Terms that are written as one text are conditions.
            yield FormField(name, "area", required)
            parts = _of_object(said, known, f"{name}.")
            yield from (part for part in parts if part.name != f"{name}.conditions")
        case {"type": "object"}:
            yield from _of_object(said, known, f"{name}.")


def said_with(fields: Sequence[FormField], form: Mapping[str, Any]) -> dict[str, Any]:
    """What a form says, as the fields of a command; what was left empty is not said."""
    said: dict[str, Any] = {}
    for field in fields:
        typed = str(form.get(field.name, ""))
        if not typed.strip():
            continue
        top, _, part = field.name.partition(".")
        if not part:
            said[top] = _value(field, typed)
            continue
        held = said.get(top)
        whole = {"conditions": held} if isinstance(held, str) else dict(held or {})
        said[top] = {**whole, part: _value(field, typed)}
    return said


def _value(field: FormField, typed: str) -> Any:
    match field.kind:
        case "number":
            # What is no number is refused by what the rule lets be said, in its words.
            return int(typed) if typed.isascii() and typed.strip().isdigit() and len(typed) < ONE_LINE else typed
        case "tick":
            return True
        case "lines":
            return [line.strip() for line in typed.splitlines() if line.strip()]
        case "area":
            return typed
    return typed.strip()


def name_of(field: FormField, language: Language) -> str:
    """What people call a field. Raises LookupError for one that the catalogue does not have."""
    return " ".join(_first(KINDS_OF_NAMES, part, language) for part in field.name.split("."))


def choice_of(word: str, language: Language) -> str:
    """What people call one of several answers. Raises LookupError for one that the catalogue does not have."""
    return _first(KINDS_OF_WORDS, word, language)


def _first(kinds: Sequence[str], word: str, language: Language) -> str:
    for kind in kinds:
        if word in words(kind):
            return words(kind)[word][language]
    raise LookupError(f"the catalogue has no {word} among {', '.join(kinds)}")
