"""References to parts of a statute: paths such as ``limits[provider_answer]`` or ``duties[backup].publish``.

``[key]`` selects the entry of a group by its key, or the entries of a list by their id, clock, field, sharing class or
authorization. Several names (``routes[unconditional/platform]``) must all match. A path may begin with the id of an
overlay and a colon (``yima-2021+809:access.records``): carried out since that overlay applies.
"""

import re
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from domain.statutes.clauses import Path
from domain.statutes.loader import packaged_overlays, packaged_statutes
from domain.statutes.model import Statute

STEP = re.compile(r"(?P<name>[a-z_]+)(?:\[(?P<key>[a-z0-9_/-]+)\])?")
NAMES = ("id", "clock", "field", "sharing_class", "authorization")


class NothingThere(LookupError):
    """A path leads to nothing; the message is a phrase to follow the path."""


def statute_of(own: str, reference: str) -> tuple[Statute, str]:
    """The statute of a reference, and the path within it.

    Raises NothingThere for an unknown overlay, or one that does not involve the row's own text.
    """
    prefix, colon, path = reference.rpartition(":")
    if not colon:
        return packaged_statutes()[own], path
    overlaid = packaged_overlays().get(prefix)
    if overlaid is None:
        raise NothingThere(f"names no overlay: there is no “{prefix}”")
    if own not in (prefix.partition("+")[0], overlaid.upper.id):
        raise NothingThere(f"names {prefix}, which has nothing of {own}")
    return overlaid.statute, path


def resolve(statute: Statute, path: str) -> list[tuple[Path, object]]:
    """The parts of a statute at a path, each with its full path. Raises NothingThere."""
    found: list[tuple[Path, object]] = [((), statute)]
    for step in path.split("."):
        read = STEP.fullmatch(step)
        if read is None:
            raise NothingThere(f"is no path: “{step}” cannot be read")
        found = [entry for place, part in found for entry in _step(place, part, read["name"], read["key"])]
        if not found:
            raise NothingThere(f"leads to nothing in {statute.id}: there is no “{step}”")
    return found


def _step(place: Path, part: object, name: str, key: str | None) -> list[tuple[Path, object]]:
    if not isinstance(part, BaseModel) or name not in type(part).model_fields:
        return []
    value = getattr(part, name)
    if value is None or value in ((), {}):
        return []
    place = (*place, name)
    if key is None:
        return [(place, value)]
    if isinstance(value, Mapping):
        return [((*place, str(k)), v) for k, v in value.items() if str(k) == key]
    if isinstance(value, Sequence) and not isinstance(value, str):
        wanted = set(key.split("/"))
        return [((*place, i), entry) for i, entry in enumerate(value) if wanted <= _names_of(entry)]
    return []


def _names_of(entry: object) -> set[str]:
    """The names by which an entry of a list is selected."""
    return {str(name) for name in (getattr(entry, field, None) for field in NAMES) if name is not None}
