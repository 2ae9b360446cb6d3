"""What a change of a schema means for those who send or read such messages.

Of a request everything that was allowed must stay allowed. Of a response everything that may come must have
been allowed before, save further properties of an object and further words of a vocabulary: who reads must ignore
properties that it does not know, and take a word that is new to it as plain text. A word that is gone would be
waited for in vain.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf
from typing import Any

Schema = Mapping[str, Any]

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
FORMS = ("pattern", "format", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType")
SHAPES = ("type", "enum", "const", "properties", "required", "additionalProperties", "items", "prefixItems")
REMARKS = (
    *("title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly"),
    *("discriminator", "$comment", "$defs"),
)
"""Keywords that allow or forbid nothing. The discriminator's property says it once more as a constant."""

LONGEST_SHOWN = 80
"""Characters of a value that are told."""


class Direction(StrEnum):
    """Which way a message goes, seen from the caller."""

    REQUEST = "request"
    RESPONSE = "response"


@dataclass(frozen=True)
class BreakingChange:
    """One breaking change: where in the message and what. Under a named schema the place begins with its name."""

    where: str
    what: str
    named: bool = False

    def under(self, step: str) -> "BreakingChange":
        """This change as seen from one step further out, unless it is told under a schema's name already."""
        return self if self.named else replace(self, where=step + self.where)

    def named_after(self, schema: str) -> "BreakingChange":
        """This change as one inside a named schema."""
        return replace(self.under(schema), named=True)

    def __str__(self) -> str:
        return f"{self.where.lstrip('.')} {self.what}" if self.where else self.what


@dataclass(frozen=True)
class Branch:
    """One of the things that a schema allows, without alternatives of its own."""

    schema: Schema
    name: str | None = None

    @property
    def kind(self) -> str | None:
        """The type, also where only values are given; None: any."""
        given = values(self.schema)
        if "type" in self.schema or given is None:
            return self.schema.get("type")
        kinds = {_kind_of(value) for value in given}
        return kinds.pop() if len(kinds) == 1 else None

    def __str__(self) -> str:
        given = values(self.schema)
        if given is not None:
            return _listed(given)
        return self.name or self.kind or "anything"


class SchemaComparison:
    """Compares schemas of two documents."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self.old = old
        self.new = new
        self._under_way: set[tuple[str, str]] = set()

    def problems(self, old: Any, new: Any, direction: Direction) -> list[BreakingChange]:
        """What breaks when a schema becomes another."""
        before, after = _as_schema(old), _as_schema(new)
        if not before and not after:
            return []
        found = _default_changed(before, after) if direction is Direction.REQUEST else []
        return found + self._alternatives(before, after, direction)

    def _alternatives(self, old: Schema, new: Schema, direction: Direction) -> list[BreakingChange]:
        """Each thing that was allowed (request) or that may come (response) must find a place on the other side."""
        before, after = branches(self.old, old), branches(self.new, new)
        one_each = len(before) == len(after) == 1
        found: list[BreakingChange] = []
        for seeking in before if direction is Direction.REQUEST else after:
            tried: list[tuple[Branch, list[BreakingChange]]] = []
            for other in after if direction is Direction.REQUEST else before:
                pair = (seeking, other) if direction is Direction.REQUEST else (other, seeking)
                problems = self._branch(*pair, direction) if one_each or not _told_apart(*pair) else None
                if problems is not None:
                    tried.append((other, problems))
            lost = f"no longer takes {seeking}" if direction is Direction.REQUEST else f"may now be {seeking}"
            found += _best(seeking, tried, BreakingChange("", lost))
        return found

    def _branch(self, old: Branch, new: Branch, direction: Direction) -> list[BreakingChange] | None:
        """What breaks when this becomes that; None where they are things of different kinds."""
        narrow, wide = (old, new) if direction is Direction.REQUEST else (new, old)
        if wide.kind is not None and narrow.kind != wide.kind and (narrow.kind, wide.kind) != ("integer", "number"):
            return None
        pair = (json.dumps(old.schema), json.dumps(new.schema))
        if pair in self._under_way:
            return []  # a schema inside itself: what is wrong with it is found further out
        self._under_way.add(pair)
        found = self._of_one_kind(old.schema, new.schema, direction)
        self._under_way.remove(pair)
        return [problem.named_after(old.name) for problem in found] if old.name else found

    def _of_one_kind(self, old: Schema, new: Schema, direction: Direction) -> list[BreakingChange]:
        return [
            *_values(old, new, direction),
            *_bounds(old, new, direction),
            *_unjudged(old, new),
            *self._properties(old, new, direction),
            *self._others(old, new, direction),
            *self._entries(old, new, direction),
        ]

    def _properties(self, old: Schema, new: Schema, direction: Direction) -> list[BreakingChange]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, given = set(old.get("required", ())), set(new.get("required", ()))
        found: list[BreakingChange] = []
        for name, schema in before.items():
            if name not in after:
                found.append(BreakingChange(f".{name}", "is gone"))
                continue
            found += [problem.under(f".{name}") for problem in self.problems(schema, after[name], direction)]
        if direction is Direction.REQUEST:
            found += [BreakingChange(f".{name}", "is required now") for name in sorted(given - needed)]
        else:
            missing = sorted((needed - given) & set(after))
            found += [BreakingChange(f".{name}", "may be missing now") for name in missing]
        return found

    def _others(self, old: Schema, new: Schema, direction: Direction) -> list[BreakingChange]:
        """Properties that are not named."""
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if direction is Direction.REQUEST:
            if after is False:
                return [] if before is False else [BreakingChange("", "takes no further properties now")]
            if before is False:
                return []
        elif before is False or after is False:
            return []
        return [problem.under(".*") for problem in self.problems(before, after, direction)]

    def _entries(self, old: Schema, new: Schema, direction: Direction) -> list[BreakingChange]:
        before, after = old.get("prefixItems", ()), new.get("prefixItems", ())
        if len(before) != len(after):
            return [BreakingChange("[]", f"has {len(after)} places now, not {len(before)}")]
        found: list[BreakingChange] = []
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            found += [problem.under(f"[{number}]") for problem in self.problems(one, other, direction)]
        rest = self.problems(old.get("items", True), new.get("items", True), direction)
        return found + [problem.under("[]") for problem in rest]


def resolved(document: Mapping[str, Any], thing: Any) -> tuple[Any, str | None]:
    """What a reference stands for, and its name. Raises KeyError for one that leads nowhere."""
    name = None
    while isinstance(thing, Mapping) and "$ref" in thing:
        siblings = {key: value for key, value in thing.items() if key != "$ref"}
        found: Any = document
        for step in thing["$ref"].removeprefix("#/").split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            found = found[name]
        thing = {**found, **siblings} if siblings else found
    return thing, name


def branches(document: Mapping[str, Any], schema: Any, name: str | None = None) -> list[Branch]:
    """All that a schema allows, one by one: alternatives and lists of types taken apart, references followed."""
    found, own = resolved(document, _as_schema(schema))
    name = own or name
    for word in ("anyOf", "oneOf"):
        if word in found:
            beside = {key: value for key, value in found.items() if key not in (word, *REMARKS)}
            inner = [branch for each in found[word] for branch in branches(document, each)]
            return [Branch(_merged([beside, branch.schema]), branch.name or name) for branch in inner]
    if "allOf" in found:
        beside = {key: value for key, value in found.items() if key != "allOf"}
        parts = [resolved(document, each)[0] for each in found["allOf"]]
        merged = _merged([*parts, beside])
        return [Branch(merged, name)] if "allOf" in merged else branches(document, merged, name)
    if isinstance(found.get("type"), list):
        return [Branch({**found, "type": kind}, name) for kind in found["type"]]
    return [Branch(found, name)]


def values(schema: Schema) -> Sequence[Any] | None:
    """The only values that are allowed; None where no list says so."""
    if "const" in schema:
        return [schema["const"]]
    listed: Sequence[Any] | None = schema.get("enum")
    return listed


def _merged(parts: Sequence[Schema]) -> Schema:
    """One schema for several that must all hold; as it stands (``allOf``) where they say different things of one."""
    whole: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            if key == "properties" and not whole.get(key, {}).keys() & value.keys():
                whole[key] = {**whole.get(key, {}), **value}
            elif key == "required":
                whole[key] = [*whole.get(key, ()), *value]
            elif key in REMARKS or whole.get(key, value) == value:
                whole[key] = value
            else:
                return {"allOf": list(parts)}
    return whole


def _told_apart(one: Branch, other: Branch) -> bool:
    """Whether a property says by its value which of several things a message is."""
    theirs = other.schema.get("properties", {})
    for name, schema in one.schema.get("properties", {}).items():
        mine, others = values(_as_schema(schema)), values(_as_schema(theirs.get(name, True)))
        if mine is not None and others is not None and not any(value in others for value in mine):
            return True
    return False


def _best(
    seeking: Branch, tried: Sequence[tuple[Branch, list[BreakingChange]]], lost: BreakingChange
) -> list[BreakingChange]:
    """What is told of a thing that was held against each of its kind on the other side.

    Nothing where one of them has room for it; else what is wrong with its namesake, or with the only one of its
    kind. Of several of its kind none can be said to be the one that was meant.
    """
    if any(not problems for _, problems in tried):
        return []
    namesakes = [problems for other, problems in tried if other.name is not None and other.name == seeking.name]
    if namesakes:
        return namesakes[0]
    return tried[0][1] if len(tried) == 1 else [lost]


def _values(old: Schema, new: Schema, direction: Direction) -> list[BreakingChange]:
    before, after = values(old), values(new)
    if direction is Direction.REQUEST:
        if after is None:
            return []
        if before is None:
            return [BreakingChange("", f"takes only {_listed(after)} now")]
        lost = [value for value in before if value not in after]
        return [BreakingChange("", f"no longer takes {_listed(lost)}")] if lost else []
    if before is None:
        return []
    if after is None:
        return [BreakingChange("", f"may now be something else than {_listed(before)}")]
    if _is_vocabulary(old):
        gone = [value for value in before if value not in after]
        return [BreakingChange("", f"is never {_listed(gone)} now")] if gone else []
    fresh = [value for value in after if value not in before]
    return [BreakingChange("", f"may now be {_listed(fresh)}")] if fresh else []


def _is_vocabulary(schema: Schema) -> bool:
    """Whether the only values are words of a list that may grow. A constant is no list: it tells messages apart."""
    return "const" not in schema and all(isinstance(value, str) for value in schema.get("enum", ()))


def _bounds(old: Schema, new: Schema, direction: Direction) -> list[BreakingChange]:
    """Bounds and forms that forbid what was allowed (request), or allow what never came (response)."""
    narrow, wide = (old, new) if direction is Direction.REQUEST else (new, old)
    broken = [key for key in LOWER if _bound(wide, key, -inf) > _bound(narrow, key, -inf)]
    broken += [key for key in UPPER if _bound(wide, key, inf) < _bound(narrow, key, inf)]
    broken += [key for key in FORMS if wide.get(key) and wide[key] != narrow.get(key)]
    return [BreakingChange("", f"has {key} {_shown(new.get(key))} now, not {_shown(old.get(key))}") for key in broken]


def _bound(schema: Schema, key: str, none: float) -> float:
    bound: float = schema.get(key, none)
    # Every length is at least zero: saying so forbids nothing.
    return none if bound == 0 and key.startswith("min") and key != "minimum" else bound


def _unjudged(old: Schema, new: Schema) -> list[BreakingChange]:
    """Whatever this module knows nothing about may not change at all."""
    known = {*LOWER, *UPPER, *FORMS, *SHAPES, *REMARKS}
    keys = [key for key in {**old, **new} if key not in known and not key.startswith("x-")]
    changed = [key for key in keys if old.get(key) != new.get(key)]
    return [BreakingChange("", f"has another {key}: what that means for callers cannot be told") for key in changed]


def _default_changed(old: Schema, new: Schema) -> list[BreakingChange]:
    if "default" not in old or ("default" in new and new["default"] == old["default"]):
        return []
    return [BreakingChange("", f"has default {_shown(new.get('default'))} now, not {_shown(old['default'])}")]


def _as_schema(schema: Any) -> Schema:
    """``true`` allows anything, ``false`` nothing."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    found: Schema = schema
    return found


def _kind_of(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def _listed(given: Sequence[Any]) -> str:
    return ", ".join(_shown(value) for value in given)


def _shown(value: Any) -> str:
    """A value as it stands in a line; the end of a long one is nobody's to read."""
    said = "none" if value is None else json.dumps(value, ensure_ascii=False)
    return said if len(said) <= LONGEST_SHOWN else f"{said[:LONGEST_SHOWN]}…"
