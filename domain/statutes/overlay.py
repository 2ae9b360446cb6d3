"""A local text as it applies under a regulation above it (上位法): read, merged, and checked against that regulation.

An overlay file says which parts of the local text are replaced, and why. Everything else follows two rules:

1. **Limits**: for each clock and class the stricter limit applies. The local one stays if it is not longer than the
   one above (which permits shorter ones); otherwise, and if there is none, the one above applies. Limits of stages that
   no local route of the class leads to are left out: what is granted on filing needs no answer.
2. **What the local text leaves out** is taken from the regulation above: whole sections, and parts within one;
   for rectification its grounds and steps too, beside the local ones (:mod:`domain.statutes.merging_rectification`).

Whatever else is in both texts stays as in the local one; if that falls short of the regulation above, the overlay is
refused (:mod:`domain.statutes.overlay_check`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import ValidationError

from domain.statutes.consistency import first_contradiction
from domain.statutes.errors import wrong
from domain.statutes.merging import MergeError, Merging, StandingPart
from domain.statutes.model import Earlier, Part, Regulation, Statute
from domain.statutes.overlay_check import first_weakness
from domain.statutes.overlay_model import Above, Overlay, Upper
from domain.validation_messages import first_problem
from domain.yaml_text import YamlDocument

Kind = TypeVar("Kind", bound=Part)


@dataclass(frozen=True)
class Overlaid:
    """A merged statute with its sources; ``standings``: what applies, what it replaces, and why."""

    overlay: Overlay
    local: Statute
    upper: Upper
    statute: Statute
    standings: tuple[StandingPart, ...]


def is_overlay(document: YamlDocument) -> bool:
    """Whether a file is an overlay, not a complete statute."""
    return "upper" in document.data


def read_above(document: YamlDocument, where: str) -> Above:
    """Read a regulation used only above others. Raises StatuteError."""
    return _read(Above, document, where)


def read_overlay(document: YamlDocument, where: str) -> Overlay:
    """Read an overlay, before merging. Raises StatuteError."""
    return _read(Overlay, document, where)


def _read(kind: type[Kind], document: YamlDocument, where: str) -> Kind:
    try:
        return kind.model_validate_json(json.dumps(document.data), strict=True)
    except ValidationError as error:
        raise wrong(document, where, *first_problem(error)) from None


def merge(
    overlay: Overlay,
    document: YamlDocument,
    where: str,
    local: Statute,
    upper: Upper,
    below: tuple[StandingPart, ...] = (),
) -> Overlaid:
    """Merge the regulation above into the local text.

    ``below`` is what ``local`` itself merged already. Raises StatuteError for an overlay that names a part that does
    not exist, does not make a statute, or falls short of the regulation above.
    """
    if overlay.id.partition("+")[0] != local.id.partition("+")[0]:
        raise wrong(document, where, ("id",), f"must begin with the id of its local text, {local.id}, and a plus sign")
    merging = Merging(local, upper.id, _sections(upper))
    for place, change in enumerate(overlay.changes):
        try:
            merging.change(change)
        except MergeError as error:
            raise wrong(document, where, ("changes", place, error.key), str(error)) from None
    try:
        merging.apply_rules(overlay.grounds)
    except MergeError as error:
        raise wrong(document, where, (error.key,), str(error)) from None
    statute = _statute(overlay, document, where, merging, local, upper)
    weakness = first_weakness(statute, upper)
    if weakness:
        part, reason = weakness
        raise wrong(document, where, _change_of(overlay, part), f"weakens {upper.id}: {part} {reason}")
    return Overlaid(overlay, local, upper, statute, _account(merging.standings, below))


def _account(standings: Sequence[StandingPart], below: Sequence[StandingPart]) -> tuple[StandingPart, ...]:
    """The record of each part, once; a part merged earlier and replaced now counts as part of the local text."""
    before = {row.part: row for row in below if row.how != "stays"}
    now = {row.part for row in standings if row.how != "stays"}
    rows = [
        replace(row, instead_of=before[row.part].instead_of) if row.part in before and row.part in now else row
        for row in standings
    ]
    return (*rows, *(row for part, row in before.items() if part not in now))


def _sections(upper: Upper) -> Mapping[str, Any]:
    """The content of a regulation, without title, dates and source."""
    written: dict[str, Any] = upper.model_dump(mode="json")
    return {name: value for name, value in written.items() if name not in _ABOUT}


_ABOUT = frozenset(
    {
        *("id", "title", "document", "jurisdiction", "status", "issued_on", "in_force_from"),
        *("source", "further_sources", "excerpt", "regulations", "taken_from", "earlier"),
    }
)


def _statute(
    overlay: Overlay, document: YamlDocument, where: str, merging: Merging, local: Statute, upper: Upper
) -> Statute:
    cited = {**local.regulations, upper.id: _cited(upper)}
    merged = {
        **{name: value for name, value in merging.merged.items() if name != "taken_from"},
        "earlier": [each.model_dump(mode="json") for each in (*local.earlier, *_as_earlier(local))],
        "id": overlay.id,
        "in_force_from": overlay.in_force_from.isoformat(),
        "regulations": {name: each.model_dump(mode="json") for name, each in cited.items()},
    }
    try:
        statute = Statute.model_validate_json(json.dumps(merged), strict=True)
    except ValidationError as error:
        path, reason = first_problem(error)
        part = ".".join(str(step) for step in path)
        raise wrong(document, where, _change_of(overlay, part), f"makes no statute: {part} {reason}") from None
    contradiction = first_contradiction(statute)
    if contradiction:
        part = ".".join(str(step) for step in contradiction[0])
        raise wrong(document, where, _change_of(overlay, part), f"makes no statute: {part} {contradiction[1]}")
    return statute


def _as_earlier(local: Statute) -> tuple[Earlier, ...]:
    """The local text as the earlier one, which governs what began before the overlay."""
    if local.first_day is None:
        return ()
    extension = local.catalogue.extension if local.catalogue else None
    return (Earlier(id=local.id, first_day=local.first_day, limits=local.limits, extension=extension),)


def _cited(upper: Upper) -> Regulation:
    if isinstance(upper, Above):
        return upper.regulation()
    further = upper.further_sources
    return Regulation(title=upper.title, document=upper.document, source=upper.source, further_sources=further)


def _change_of(overlay: Overlay, part: str) -> tuple[str | int, ...]:
    """The path in the file of the change of a part; that of the list of changes if none names the part."""
    for place, change in enumerate(overlay.changes):
        if part == change.part or part.startswith(f"{change.part}.") or change.part.startswith(f"{part}."):
            return ("changes", place, "part")
    return ("changes",)
