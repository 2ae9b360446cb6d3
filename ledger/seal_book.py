"""Sealed assessments for doors: what can be sealed, what was sealed, and what has changed since."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.access import Visibility
from ledger.engine import Engine
from ledger.queries import sealing
from ledger.queries.assessed_parts import Answering
from ledger.queries.assessing import AssessedPeriod, Assessing, Tallied
from ledger.queries.sealing import CasePart, MovedCase, Seal


class SealBook:
    """All sealed assessments. Every method blocks, like those of the reader."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def standing(
        self, visibility: Visibility, period: AssessedPeriod, by: Assessing
    ) -> tuple[Tallied, Sequence[CasePart]]:
        """The figures of a period and how each of its cases counts, all at one moment."""
        return sealing.standing(self.engine, visibility, period, by)

    def newest(self, scope: Mapping[str, Any]) -> Seal | None:
        """The newest edition of exactly this scope, or None."""
        return sealing.newest_seal(self.engine, scope)

    def one(self, number: int, visibility: Visibility) -> Seal | None:
        """A seal of places that ``visibility`` covers, or None."""
        return sealing.seal_numbered(self.engine, number, visibility)

    def page(self, visibility: Visibility, cursor: str | None, limit: int) -> tuple[Sequence[Seal], str | None]:
        """A page of seals, newest first, and the cursor of the next page. Raises BadCursor."""
        return sealing.list_seals(self.engine, visibility, cursor, limit)

    def moved(
        self, number: int, visibility: Visibility, period: AssessedPeriod, answering: Sequence[Answering]
    ) -> Sequence[MovedCase]:
        """The cases that have changed since a seal, in order of their ids."""
        return sealing.moved_cases(self.engine, number, visibility, period, answering)
