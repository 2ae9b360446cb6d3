"""Whose move it is, as filters for the ledger: by statute and role."""

from collections.abc import Iterator
from typing import Final, Literal

from domain.access import EVERYWHERE, OF_A_PLACE, OF_A_SUPERIOR, OF_ALL, Caller, place_of
from domain.codes import code_key
from domain.statutes.loader import packaged_statutes
from domain.words import Role, Stage
from ledger.queries.views import WorklistFilter
from procedures.assignees import SETTLING, stages_assigned_to, stages_with_extension

DIVIDING: Final = tuple(role for role in Role if role not in OF_ALL)
"""The roles whose work is divided among officers: those that decide cases."""


def unit_of(caller: Caller) -> str:
    """The unit within which work is divided: the department's code, or the organ if a token has none."""
    return code_key(caller.org) if caller.org else f"@{'+'.join(sorted(caller.roles & frozenset(DIVIDING)))}"


def waiting_for(caller: Caller) -> list[WorklistFilter]:
    """The stages in which cases wait for a caller, by statute."""
    found: list[WorklistFilter] = []
    for statute in packaged_statutes().values():
        under = frozenset({statute.id})
        here = EVERYWHERE in caller.places or place_of(statute.id) in caller.places
        for role in sorted(caller.roles):
            stages = stages_assigned_to(role, statute)
            if role in OF_A_PLACE:
                found += _of_an_organ(caller, role, stages, under, here)
            elif role in (Role.REQUESTER, Role.PROVIDER) and caller.org is not None:
                found.append(WorklistFilter(stages, under, _party(role), caller.org, role=role))
        if Role.BUREAU in caller.roles and here:
            found.append(WorklistFilter(stages_with_extension(statute), under, extension_asked=True))
    return [each for each in found if each.stages]


def _of_an_organ(
    caller: Caller, role: Role, stages: frozenset[Stage], under: frozenset[str], here: bool
) -> Iterator[WorklistFilter]:
    """The filters of an organ: cases of its place; if they name a superior, only that one coordinates and decides."""
    settling = stages & SETTLING if role in OF_A_SUPERIOR else frozenset[Stage]()
    if EVERYWHERE in caller.places:
        yield WorklistFilter(stages, under, role=role)
        return
    if here:
        yield WorklistFilter(stages - settling, under, role=role)
        yield WorklistFilter(settling, under, superiors=frozenset(), role=role)
    if settling and caller.places:
        yield WorklistFilter(settling, under, superiors=caller.places, role=role)


def _party(role: Role) -> Literal["requester", "provider"]:
    return "requester" if role is Role.REQUESTER else "provider"
