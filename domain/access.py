"""Who may see a case, and in what capacity somebody acts in it (权限).

The HTTP API, the ledger's queries and the checks of commands share this one rule: a department has the role that the
case gives it, the organs of a place have that place's cases, auditors and operators see all cases and decide none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.codes import same_code
from domain.words import Role

EVERYWHERE = "*"
"""Stands for every place in a caller's jurisdiction."""

OF_A_PLACE = frozenset({Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT, Role.PLATFORM})
"""Organs with a part in every case of their places (辖区)."""

OF_A_SUPERIOR = frozenset({Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT})
"""Organs of the common superior that a case across levels or regions names: they see, coordinate and decide it."""

OF_ALL = frozenset({Role.AUDITOR, Role.OPERATOR})
"""Roles that see every case and decide none."""


@dataclass(frozen=True)
class Caller:
    """An authenticated caller; ``places`` is its jurisdiction: places as :func:`place_of` names them, or EVERYWHERE."""

    subject: str
    org: str | None
    roles: frozenset[Role]
    places: frozenset[str] = frozenset()


def as_kept(caller: Caller) -> Mapping[str, Any]:
    """A caller as JSON, to be kept for work done later on its behalf."""
    return {
        "subject": caller.subject,
        "org": caller.org,
        "roles": sorted(caller.roles),
        "places": sorted(caller.places),
    }


def as_it_was(kept: Mapping[str, Any]) -> Caller:
    """The caller from its JSON; roles that no longer exist are dropped."""
    roles = frozenset(role for role in Role if role.value in kept["roles"])
    return Caller(kept["subject"], kept["org"], roles, frozenset(kept["places"]))


@dataclass(frozen=True)
class Parties:
    """Who is party to a case: its statute (which gives the place) and the codes of the two departments.

    ``superior``: the place whose organs alone coordinate and decide it: the common one of a case across levels, or that
    of the bureau above, which orders the bureau to rectify.
    """

    statute: str
    requester: str | None
    provider: str | None
    superior: str | None = None


@dataclass(frozen=True)
class Visibility:
    """Which cases of the ledger a caller may see: each field alone is enough to admit a case.

    ``superiors``: admits cases that name one of these places as their superior.
    """

    everything: bool = False
    places: frozenset[str] = frozenset()
    superiors: frozenset[str] = frozenset()
    requester: str | None = None
    provider: str | None = None


def place_of(statute: str) -> str:
    """The place whose cases a statute governs (辖区): the first part of its id, ``cn`` for the national one."""
    return statute.partition("-")[0]


def stands_as(caller: Caller, role: Role, parties: Parties, settling: bool = False) -> bool:
    """Whether a caller holds a role in this case.

    ``settling``: the caller wants to coordinate or decide. In a case that names a superior, only the superior's organs
    do that; everything else is for the organs of the case's own place.
    """
    if role not in caller.roles:
        return False
    if role is Role.REQUESTER:
        return same_code(caller.org, parties.requester)
    if role is Role.PROVIDER:
        return same_code(caller.org, parties.provider)
    if role in OF_A_PLACE:
        place = parties.superior if settling and parties.superior else place_of(parties.statute)
        return EVERYWHERE in caller.places or place in caller.places
    return True


def opens_as(caller: Caller, role: Role, parties: Parties) -> bool:
    """Whether a caller may open this case in a role: an organ opens one that names a superior as the superior."""
    return stands_as(caller, role, parties, settling=role in OF_A_SUPERIOR)


def sees(caller: Caller, parties: Parties) -> bool:
    """Whether a caller may see a case; for everybody else the case does not exist."""
    above = parties.superior in caller.places and bool(caller.roles & OF_A_SUPERIOR)
    return above or any(stands_as(caller, role, parties) for role in caller.roles)


def capacities(caller: Caller, by: Sequence[Role], parties: Parties, settling: bool = False) -> list[Role]:
    """The roles among ``by`` that a caller holds in this case; it may act in any of them."""
    return [role for role in by if stands_as(caller, role, parties, settling)]


def may_file(caller: Caller, parties: Parties) -> bool:
    """A department files for itself; the platform of a place files for the departments there."""
    return bool(capacities(caller, (Role.REQUESTER, Role.PLATFORM), parties))


def visibility_of(caller: Caller) -> Visibility:
    """The cases for which :func:`sees` is true, as a condition for queries."""
    return Visibility(
        everything=bool(caller.roles & OF_ALL) or (bool(caller.roles & OF_A_PLACE) and EVERYWHERE in caller.places),
        places=caller.places - {EVERYWHERE} if caller.roles & OF_A_PLACE else frozenset(),
        superiors=caller.places - {EVERYWHERE} if caller.roles & OF_A_SUPERIOR else frozenset(),
        requester=caller.org if Role.REQUESTER in caller.roles else None,
        provider=caller.org if Role.PROVIDER in caller.roles else None,
    )
