"""What stands in an overlay file, and what a regulation that only stands above others has."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from domain.statutes.model import Body, Clause, Name, Part, Refusal, Regulation, Statute
from domain.statutes.sections import BasisKind, RectificationRules
from domain.words import Role


class OverlayChange(Part):
    """One part of the local text that gives way, and why.

    ``replaces``: the part above stands in its place. ``adds``: the local text has no such part. ``gives_way``: the
    part falls away, and ``to`` names the part above that takes over its task. ``take`` names the part above where
    it is called otherwise; ``value`` is written out where the regulation above has no such part in its own file.
    ``cite`` names the part whose clause is cited, in both texts, for one that has none of its own.
    """

    part: str = Field(pattern=r"^[a-z_]+([.][a-z_]+)*$", max_length=120)
    how: Literal["replaces", "adds", "gives_way"]
    take: str | None = Field(default=None, pattern=r"^[a-z_]+([.][a-z_]+)*$", max_length=120)
    to: str | None = Field(default=None, pattern=r"^[a-z_]+([.][a-z_]+)*$", max_length=120)
    cite: str | None = Field(default=None, pattern=r"^[a-z_]+([.][a-z_]+)*$", max_length=120)
    value: Any = None
    why: Name


class Overlay(Part):
    """An overlay file. ``local`` is a statute, or another overlay on which this one builds; ``upper`` stands above.

    ``grounds``: local grounds of rectification that the text above lists under another name, with that name.
    """

    id: str = Field(pattern=r"^[a-z]+(-[a-z0-9]+)+[+][a-z0-9]+$", max_length=60)
    local: str
    upper: str
    in_force_from: date
    changes: tuple[OverlayChange, ...] = Field(min_length=1)
    grounds: dict[str, str] = Field(default_factory=dict)


class CatalogueAbove(Part):
    """What a regulation above asks of an entry that is not shared: the kinds of basis that it accepts."""

    not_shared_basis: Clause
    bases: tuple[BasisKind, ...] = Field(min_length=1)


class Above(Part):
    """A regulation of which only what stands above others is kept: no statute that anything can be filed under."""

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
        """The names of all files with its text: there is one."""
        return (self.source,)

    def regulation(self) -> Regulation:
        """How clauses of it are cited."""
        return Regulation(title=self.title, document=self.document, source=self.source, excerpt=self.excerpt)


Upper = Statute | Above
"""What may stand above a local text."""
