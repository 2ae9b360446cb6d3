"""What each release of Shareflow came with, by its number: statutes, calendar editions, rules; and so which there are.

A release adds its own to the files and changes none (``python -m tests.audit.make_golden``). This one knows itself and
those before it; a later one it cannot judge.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from audit.dossier.rules import release_here, rules_here
from domain.calendar import Calendar
from domain.rule_texts import KNOWN
from domain.statutes.loader import packaged_statutes

TEXTS: Final = "released_texts.json"
"""The digests of the statutes by release and id.

A case keeps the text under which it was filed, whichever release packs it: one that was corrected since stands here.
"""
EDITIONS: Final = "released_editions.json"
"""The ids of the calendar editions by release."""
RULES: Final = "released_rules.json"
"""The fingerprints of the code that decides, by release: those that were noted in its making, the last it came with."""


def is_known(release: str) -> bool:
    """Whether it is this release or one before it."""
    return release in released_texts()


def released_texts() -> Mapping[str, Mapping[str, str]]:
    """The digests of the statutes by release and id: of each before, and of this one as it is here, the last."""
    return {**packed_data(TEXTS), release_here(): texts_here()}


@cache
def texts_here() -> Mapping[str, str]:
    """The digests of the statutes of this release, by id."""
    return {statute.id: KNOWN.digest(statute) for statute in packaged_statutes().values()}


def released_editions() -> Mapping[str, Collection[str]]:
    """The ids of the calendar editions by release: of each before, and of this one, the last."""
    return {**packed_data(EDITIONS), release_here(): editions_here()}


def editions_here() -> Sequence[str]:
    """The ids of the calendar editions of this release."""
    return [edition.id for edition in Calendar.packaged().editions]


def released_rules() -> Mapping[str, Collection[str]]:
    """The fingerprints of the rules by release: of each before, and of this one, the last."""
    noted = packed_data(RULES)
    return {**noted, release_here(): rules_noted(noted)}


def rules_noted(noted: Mapping[str, Collection[str]]) -> Sequence[str]:
    """The fingerprints of this release: those that were noted in the making, and the one of the code as it is here."""
    return list(dict.fromkeys([*noted.get(release_here(), ()), rules_here()]))


@cache
def always_had() -> frozenset[str]:
    """The editions that every release has had: no case was ever counted without one of them after its day."""
    return frozenset[str].intersection(*map(frozenset, released_editions().values()))


@cache
def packed_data(name: str) -> Any:
    """What stands in one of the files."""
    return json.loads(files("audit").joinpath("data", name).read_text("utf-8"))
