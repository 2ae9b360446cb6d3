"""The table of clauses of any text: its own rows or, for an overlay, those of its two texts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from domain.statutes.clauses import clauses
from domain.statutes.loader import get_statute, packaged_overlays
from domain.statutes.model import Clause, Statute
from starter.coverage.references import NothingThere, resolve
from starter.coverage.table import Row, packaged_tables


@dataclass(frozen=True)
class Standing:
    """A row under a text. ``statute``: the regulation of its clause. ``gives_way_to``: the clauses that replace it."""

    statute: str
    row: Row
    gives_way_to: tuple[Clause, ...] = ()


@dataclass(frozen=True)
class Count:
    """Counts of rows by what carries them out; a row may have both a rule and a scenario."""

    rows: int
    by_rule: int
    by_scenario: int
    not_for_software: int
    unanswered: int


def coverage_of(statute_id: str) -> Sequence[Standing]:
    """The rows of a text, in the order of its tables.

    For an overlay, first those of the local text, each with the clauses that replace it, if any; then those of the
    regulation above. Raises UnknownStatute.
    """
    statute = get_statute(statute_id)
    overlaid = packaged_overlays().get(statute_id)
    if overlaid is None:
        return [Standing(statute_id, row) for row in _rows(statute_id)]
    local = statute_id.partition("+")[0]
    own = get_statute(local)
    below = [Standing(local, row, tuple(_instead(row, own, statute))) for row in _rows(local)]
    return [*below, *(Standing(overlaid.upper.id, row) for row in _rows(overlaid.upper.id))]


def count(rows: Sequence[Standing]) -> Count:
    """The counts of some rows."""
    return Count(
        rows=len(rows),
        by_rule=sum(x.row.by_rule for x in rows),
        by_scenario=sum(bool(x.row.scenarios) for x in rows),
        not_for_software=sum(x.row.not_for_software is not None for x in rows),
        unanswered=sum(not x.row.answered for x in rows),
    )


def _rows(statute_id: str) -> Sequence[Row]:
    table = packaged_tables().get(statute_id)
    return table.clauses if table else ()


def _instead(row: Row, own: Statute, merged: Statute) -> Iterator[Clause]:
    """The clauses of the regulation above that replace the row's own rules."""
    seen = set()
    for path in row.rule:
        if ":" in path:
            continue
        before, now = _clauses(own, path), _clauses(merged, path)
        if not {_words(x) for x in before} - {_words(x) for x in now}:
            continue  # all of the local text still applies
        for clause in now:
            if clause.statute and _words(clause) not in seen:
                seen.add(_words(clause))
                yield clause


def _clauses(statute: Statute, path: str) -> list[Clause]:
    try:
        parts = [part for _, part in resolve(statute, path)]
    except NothingThere:
        return []
    found = [part for part in parts if isinstance(part, Clause)]
    models = (part for part in parts if isinstance(part, BaseModel) and not isinstance(part, Clause))
    return found + [clause for model in models for _, clause in clauses(model)]


def _words(clause: Clause) -> tuple[str | None, str, str]:
    return clause.statute, clause.article, clause.quote
