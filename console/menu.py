"""The menu at the left of every page: the pages that there are, each shown to those who may open it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from api.audit.endpoints import AUDITORS
from api.supervision.moment import SUPERVISORS
from api.worklist.endpoints import OVERSEERS
from domain.access import Caller
from domain.words import Role

FILERS: Final = (Role.REQUESTER, Role.PLATFORM)
"""Who files share requests."""


@dataclass(frozen=True)
class MenuEntry:
    """A page in the menu: its word in the catalogue (``console``), which names its icon too, and whose it is."""

    path: str
    word: str
    roles: Collection[Role] = tuple(Role)

    def holds(self, path: str) -> bool:
        """Whether a path is this page or one below it."""
        return path == self.path or path.startswith(f"{self.path}/")


MENU: Final = (
    MenuEntry("/desk", "desk"),
    MenuEntry("/file", "filing", FILERS),
    MenuEntry("/supervision", "supervision", SUPERVISORS),
    MenuEntry("/stuck", "stuck", OVERSEERS),
    MenuEntry("/disputes", "disputes"),
    MenuEntry("/calendar", "calendar"),
    MenuEntry("/assessment", "assessment", SUPERVISORS),
    MenuEntry("/statutes", "statutes"),
    MenuEntry("/what-if", "what_if"),
    MenuEntry("/audit", "audit", AUDITORS),
)


APART: Final[Mapping[Role, str]] = {Role.OPERATOR: "/stuck", Role.AUDITOR: "/audit"}
"""Roles for which no case waits, each with the page of its work."""


def first_page(caller: Caller) -> str:
    """Where somebody's day begins: at the desk, or where nothing can wait there, at the page of the role."""
    return next((APART[role] for role in Role if {role} == caller.roles and role in APART), "/desk")


def menu_of(caller: Caller) -> list[MenuEntry]:
    """What somebody may open."""
    return [entry for entry in MENU if caller.roles.intersection(entry.roles)]
