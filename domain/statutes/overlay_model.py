"""The models of overlay files, and of regulations used only above others."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from domain.statutes.model import Body, Clause, Name, Part, Refusal, Regulation, Statute
from domain.statutes.sections import BasisKind, RectificationRules
from domain.words import Role


class OverlayChange(Part):
    """One part of the local text that is changed, and why.

    ``replaces``: the part above replaces it. ``adds``: the local text has no such part. ``gives_way``: the part is
    removed, and ``to`` names the part above that takes over its task. ``take``: the name of the part above, if it is
    different. ``value``: the content, if the regulation above has no such part in its own file. ``cite``: the part
    whose clause is cited, in both texts, for a part without one.
    """

    part: str = Field(pattern=r"^[a-z_]+([.][a-z_]+)*$", max_length=120)
    how: Literal["replaces", "adds", "gives_way"]
    take: str | None = Field(default=None, pattern=r"^[a-z_]+([.][a-z_]+)*$", max_length=120)
    to: str | None = Field(default=None, pattern=r"^[a-z_]+([.][a-z_]+)*$", max_length=120)
    cite: str | None = Field(default=None, pattern=r"^[a-z_]+([.][a-z_]+)*$", max_length=120)
    value: Any = None
    why: Name


class Overlay(Part):
    """An overlay file. ``local`` is a statute, or an overlay on which this one builds; ``upper`` is above it.

    ``grounds``: local grounds of rectification that the text above lists under another name, with that name.
    """

    id: str = Field(pattern=r"^[a-z]+(-[a-z0-9]+)+[+][a-z0-9]+$", max_length=60)
    local: str
    upper: str
    in_force_from: date
    changes: tuple[OverlayChange, ...] = Field(min_length=1)
    grounds: dict[str, str] = Field(default_factory=dict)


class CatalogueAbove(Part):
    """The kinds of basis that a regulation above accepts for an entry that is not shared."""

    not_shared_basis: Clause
    bases: tuple[BasisKind, ...] = Field(min_length=1)


class Above(Part):
    """A regulation used only above others; nothing can be filed under it."""

    id: str = Field(pattern=r"^[a-z]+(-[a-z0-9]+)+$", max_length=60)
    title: Name
    document: str | None = None
    jurisdiction: Name
    status: Literal["in_force"]
    issued_on: date
    in_force_from: date
    source: str
    excerpt: bool = False
    refusal: Refusal | None = None
    denial: Refusal | None = None
    catalogue: CatalogueAbove | None = None
    rectification: RectificationRules | None = None
    bodies: dict[Role, Body] = Field(default_factory=dict)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the files with its text; there is one."""
        return (self.source,)

    def regulation(self) -> Regulation:
        """The regulation, for citing its clauses."""
        return Regulation(title=self.title, document=self.document, source=self.source, excerpt=self.excerpt)


Upper = Statute | Above
"""What may be above a local text."""
