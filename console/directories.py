"""What a filing form can offer to choose from: departments and resources that are known here, by code and by name."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.context import AppContext
from api.law.catalogue import resources_of
from console.said import resource_text
from domain.access import EVERYWHERE, Caller
from domain.messages import Language

_BOTH_WAYS: Final = (("code", "name"), ("name", "code"))
OFFERED: Final = {
    "requester.code": "department-codes",
    "requester.name": "department-names",
    "provider.code": "department-codes",
    "provider.name": "department-names",
    "resource.code": "resource-codes",
    "resource.name": "resource-names",
}
"""Which directory a field of an application chooses from; anything else may be typed all the same."""

PAIRS: Final = {
    f"{about}.{one}": f"{about}.{other}" for about in ("requester", "provider", "resource") for one, other in _BOTH_WAYS
}
"""The field that says the same otherwise: whoever gives the code is spared the name, and the other way round."""


@dataclass(frozen=True)
class Known:
    """What may be chosen in a field, what is said beside it, and what it ``brings`` to the field of its pair."""

    value: str
    said: str
    brings: str


Directory = Sequence[Known]


async def directories(context: AppContext, caller: Caller, language: Language) -> Mapping[str, Directory]:
    """The operator's departments of the caller's places, those of cases in its sight, and the resources of these and
    of changes of the catalogue."""
    found = await asyncio.to_thread(resources_of, context, caller, None, None, language)
    departments = dict(_departments(context, caller))
    departments |= {each.provider["code"]: each.provider["name"] for each in found.items}
    entries = [(each.code, each.name, each.provider["name"]) for each in found.entries if each.code and each.name]
    resources = {code: (name, provider) for code, name, provider in entries}
    own = [each for each in found.items if resource_text(each.code, language) == each.code]  # a duty is no resource
    resources |= {each.code: (each.name, each.provider["name"]) for each in own}
    return {
        "department-codes": [Known(code, name, name) for code, name in sorted(departments.items())],
        "department-names": sorted((Known(name, code, code) for code, name in departments.items()), key=_by_value),
        "resource-codes": [
            Known(code, f"{name} {provider}", name) for code, (name, provider) in sorted(resources.items())
        ],
        "resource-names": sorted(
            (Known(name, f"{code} {provider}", code) for code, (name, provider) in resources.items()), key=_by_value
        ),
    }


def _by_value(known: Known) -> str:
    return known.value


def completed(typed: Mapping[str, str], known: Mapping[str, Directory]) -> dict[str, str]:
    """A form in which a field that was left empty says what the field of its pair brings, where that is one thing."""
    said = dict(typed)
    for field, other in PAIRS.items():
        value = typed.get(field, "").strip()
        brought = {each.brings for each in known[OFFERED[field]] if each.value == value}
        if len(brought) == 1 and not typed.get(other, "").strip():
            said[other] = brought.pop()
    return said


def with_directories(rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """The fields of a form, each with the directory that it chooses from, if any; names are ``brought`` by codes."""
    return [{**row, **_chosen_from(row["field"].name)} for row in rows]


def _chosen_from(name: str) -> Mapping[str, Any]:
    return {"known": OFFERED.get(name), "other": PAIRS.get(name), "brought": PAIRS.get(name, "").endswith(".code")}


def known_departments(context: AppContext) -> Sequence[tuple[str, str]]:
    """The departments of the operator's list by code and name, of all places, in its order."""
    return [(each.code, each.name) for departments in context.departments().values() for each in departments]


def _departments(context: AppContext, caller: Caller) -> Iterator[tuple[str, str]]:
    for place, departments in context.departments().items():
        if not caller.places or EVERYWHERE in caller.places or place in caller.places:
            yield from ((each.code, each.name) for each in departments)
