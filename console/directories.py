"""What a filing form can offer to choose from: departments and resources that are known here, by code and by name."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from api.context import AppContext
from api.law.catalogue import resources_of
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
    f"{party}.{one}": f"{party}.{other}" for party in ("requester", "provider") for one, other in _BOTH_WAYS
}
"""The field that says the same of a department otherwise: whoever chooses the code is spared the name."""

Directory = Sequence[tuple[str, str]]
"""What may be chosen, each with what is said beside it."""


async def directories(context: AppContext, caller: Caller, language: Language) -> Mapping[str, Directory]:
    """The operator's departments of the caller's places, those of cases in its sight, and the resources of these."""
    found = await asyncio.to_thread(resources_of, context, caller, None, None, language)
    departments = dict(_departments(context, caller))
    departments |= {each.provider["code"]: each.provider["name"] for each in found.items}
    resources = [(each.code, each.name, each.provider["name"]) for each in found.items]
    return {
        "department-codes": sorted(departments.items()),
        "department-names": sorted((name, code) for code, name in departments.items()),
        "resource-codes": sorted((code, f"{name} {provider}") for code, name, provider in resources),
        "resource-names": sorted((name, f"{code} {provider}") for code, name, provider in resources),
    }


def with_directories(rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """The fields of a form, each with the directory that it chooses from, if any."""
    return [{**row, "known": OFFERED.get(row["field"].name), "other": PAIRS.get(row["field"].name)} for row in rows]


def known_departments(context: AppContext) -> Directory:
    """The departments of the operator's list, of all places, in its order."""
    return [(each.code, each.name) for departments in context.departments().values() for each in departments]


def _departments(context: AppContext, caller: Caller) -> Iterator[tuple[str, str]]:
    for place, departments in context.departments().items():
        if not caller.places or EVERYWHERE in caller.places or place in caller.places:
            yield from ((each.code, each.name) for each in departments)
