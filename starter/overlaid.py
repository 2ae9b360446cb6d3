"""How a local text and the regulation above it are merged, as JSON data (上位法适用)."""

from typing import Any

from domain.messages import Language, label
from domain.statutes.merging import Cited, StandingPart
from domain.statutes.model import Statute
from domain.statutes.overlay import Overlaid


def title_with_above(statute: Statute, language: Language) -> str:
    """The title of a text with those of the regulations merged into it, because several texts share a title."""
    title = statute.title.zh if language == "zh" else statute.title.en
    above = [it.title.zh if language == "zh" else it.title.en for it in statute.regulations.values()]
    if not above:
        return title
    together = label("console", "enumerated", language).join(above)
    return label("console", "under_above", language).format(title=title, above=together)


def overlay_json(overlaid: Overlaid) -> dict[str, Any]:
    """The merged texts and, for each part, what applies, what it replaces, and why."""
    return {
        "local": overlaid.overlay.local,
        "upper": overlaid.upper.id,
        "upper_title": overlaid.upper.title.model_dump(),
        "in_force_from": overlaid.overlay.in_force_from.isoformat(),
        "parts": [_row_json(row) for row in overlaid.standings],
    }


def _row_json(row: StandingPart) -> dict[str, Any]:
    return {
        "part": row.part,
        "how": row.how,
        "stands": _cited_json(row.stands),
        "above" if row.how == "stays" else "instead_of": _cited_json(row.instead_of),
        "why": row.why.model_dump(),
        "by": row.rule or "file",
    }


def _cited_json(cited: Cited | None) -> dict[str, Any] | None:
    if cited is None:
        return None
    clause = cited.clause
    limit = {"amount": cited.amount, "unit": cited.unit} if cited.amount is not None else {}
    where = {"statute": cited.regulation, "article": clause.article, "paragraph": clause.paragraph}
    return {**where, "quote": clause.quote, **limit}
