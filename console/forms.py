"""Forms of commands, made of what each rule lets be said, and what came back from one as the fields of a command."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Literal

from domain.engine.filed import Filed
from domain.messages import words
from domain.words import ServiceMode

Kind = Literal["text", "known", "area", "lines", "date", "number", "tick", "truth", "choice", "rows"]

ONE_LINE: Final = 200
"""Texts that may be longer get an area."""
MOST_ROWS: Final = 50
"""A form has no more rows of one list than this, however many the list may have."""
OR_A_NUMBER: Final = "number"
"""What stands behind the name of a field that says how many, where the same may be said one by one."""
WAYS_OF_SHARING: Final = tuple(ServiceMode)
"""What is offered where a way of sharing is said in one's own words."""
YES: Final = "true"
NO: Final = "false"


@dataclass(frozen=True)
class FormField:
    """A field of a form: ``name`` is the contract's, with a dot before a part of an object.

    Of ``rows`` (a list of objects) ``parts`` are the fields of one row, named below it, and ``most`` how many rows
    there may be. ``default``: what holds where nothing is said. ``twin``: the same may be said in other fields, which a
    page offers instead. ``known``: a text of which the ``choices`` are usual.
    """

    name: str
    kind: Kind
    required: bool = False
    choices: Sequence[str] = ()
    default: str = ""
    parts: Sequence["FormField"] = ()
    most: int = 0
    twin: bool = False

    def in_row(self, number: int) -> Sequence["FormField"]:
        """The fields of one row, from 0, under their whole names."""
        return [replace(part, name=f"{self.name}.{number}.{part.name}") for part in self.parts]


@cache
def fields_of(says: type[Filed]) -> tuple[FormField, ...]:
    """The fields of what a command may say; each that there is has one."""
    schema = says.model_json_schema()
    known, there = schema.get("$defs", {}), schema.get("properties", {})
    twins = {name for name, said in there.items() if _stands_beside(name, _ways(said, known)[0], there)}
    made = _of_object(schema, known, "", required=True)
    return tuple(replace(field, twin=field.name.partition(".")[0] in twins) for field in made)


def _stands_beside(name: str, said: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    """Whether all parts of an object may be said beside it as well."""
    parts = said.get("properties", {}).keys()
    return bool(parts) and parts <= there.keys() - {name}


def _of_object(schema: Mapping[str, Any], known: Mapping[str, Any], before: str, required: bool) -> Iterator[FormField]:
    must = schema.get("required", ()) if required else ()
    for name, property_ in schema.get("properties", {}).items():
        ways = _ways(property_, known)
        default = property_.get("default")
        field = _field(f"{before}{name}", ways[0], name in must, default, nullable=_nullable(property_))
        if field is not None:
            yield field
        yield from _parts(f"{before}{name}", ways, known, name in must)


def _ways(said: Mapping[str, Any], known: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The ways in which a property may be said, without the way of saying nothing."""
    # What stands beside a reference narrows it: it is no other way.
    ways = [said] if "$ref" in said else [way for way in said.get("anyOf", [said]) if way.get("type") != "null"]
    return [known[way["$ref"].rpartition("/")[2]] if "$ref" in way else way for way in ways]


def _nullable(said: Mapping[str, Any]) -> bool:
    return any(way.get("type") == "null" for way in said.get("anyOf", ()))


def _field(name: str, said: Mapping[str, Any], required: bool, default: Any, nullable: bool) -> FormField | None:
    """The field in which something simple is typed; None for an object or a list of objects."""
    preset = str(default) if isinstance(default, str | int) and not isinstance(default, bool) else ""
    match said:
        case {"enum": choices}:
            return FormField(name, "choice", required, tuple(choices), preset)
        case {"type": "string", "format": "date"}:
            return FormField(name, "date", required)
        case {"type": "string"} if name.rpartition(".")[2] == "mode":
            return FormField(name, "known", required, WAYS_OF_SHARING)
        case {"type": "string"}:
            long = said.get("maxLength", 0) > ONE_LINE
            return FormField(name, "area" if long else "text", required, default=preset)
        case {"type": "integer"}:
            return FormField(name, "number", required, default=preset)
        case {"type": "boolean"} if default is False and not nullable:
            return FormField(name, "tick")
        case {"type": "boolean"}:
            # Where no is something else than nothing, an empty tick could mean either.
            return FormField(name, "truth", required, (YES, NO), {True: YES, False: NO}.get(default, ""))
        case {"type": "array", "items": {"type": "string"}}:
            return FormField(name, "lines", required)
        case {"type": "object"} if _is_terms(name):
            # Terms that are written as one text are conditions; none of their parts must be there.
            return FormField(name, "area")
    return None


def _is_terms(name: str) -> bool:
    return name.rpartition(".")[2] == "terms"


def _parts(
    name: str, ways: Sequence[Mapping[str, Any]], known: Mapping[str, Any], required: bool
) -> Iterator[FormField]:
    """The fields of what has parts."""
    match ways:
        case [{"type": "array", "items": {"type": "string"}}, {"type": "integer"}]:
            yield FormField(f"{name}.{OR_A_NUMBER}", "number")
        case [{"type": "array", "items": items, **bounds}, *_] if items.get("type") != "string":
            parts = tuple(_of_object(_ways(items, known)[0], known, "", required=False))
            yield FormField(name, "rows", parts=parts, most=min(bounds.get("maxItems", MOST_ROWS), MOST_ROWS))
        case [{"type": "object"} as said, *_]:
            parts = tuple(_of_object(said, known, f"{name}.", required and not _is_terms(name)))
            yield from (part for part in parts if not (_is_terms(name) and part.name == f"{name}.conditions"))


def rows_in(field: FormField, form: Mapping[str, Any]) -> int:
    """How many rows of a list a form holds: up to the last in which something was typed."""
    return max((number + 1 for number in range(field.most) if _row(field, number, form)), default=0)


def _row(field: FormField, number: int, form: Mapping[str, Any]) -> Mapping[str, Any]:
    said = said_with(field.in_row(number), form)
    row: Mapping[str, Any] = said.get(field.name, {}).get(str(number), {})
    return row


def said_with(fields: Sequence[FormField], form: Mapping[str, Any]) -> dict[str, Any]:
    """What a form says, as the fields of a command; what was left empty is not said."""
    said: dict[str, Any] = {}
    for field in fields:
        if field.kind == "rows":
            rows = [row for number in range(field.most) if (row := _row(field, number, form))]
            if rows:
                said[field.name] = rows
            continue
        typed = str(form.get(field.name, ""))
        if typed.strip():
            _put(said, field.name.split("."), _value(field, typed))
    return said


def _put(said: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Say a value where its name has it."""
    first, *rest = path
    if not rest:
        said[first] = value
    elif rest == [OR_A_NUMBER]:
        # Said in both ways it is refused by what the rule lets be said: nobody knows which is meant.
        said[first] = {"one by one": said[first], OR_A_NUMBER: value} if first in said else value
    else:
        held = said.get(first)
        inside = {"conditions": held} if isinstance(held, str) else dict(held or {})
        _put(inside, rest, value)
        said[first] = inside


def _value(field: FormField, typed: str) -> Any:
    match field.kind:
        case "number":
            # What is no number is refused by what the rule lets be said, in its words.
            return int(typed) if typed.isascii() and typed.strip().isdigit() and len(typed) < ONE_LINE else typed
        case "tick":
            return True
        case "truth":
            return {YES: True, NO: False}.get(typed, typed)
        case "lines":
            return [line.strip() for line in typed.splitlines() if line.strip()]
        case "area":
            return typed
        case "known":
            told = {text: word for word in field.choices for text in words("service_mode")[word].values()}
            return told.get(typed.strip(), typed.strip())
    return typed.strip()
