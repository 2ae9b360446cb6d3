"""Sealed assessments, to be asked by doors: what stands to be sealed, what was, and what has changed since."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.access import Visibility
from ledger.engine import Engine
from ledger.queries import sealing
from ledger.queries.assessed_parts import Answering
from ledger.queries.assessing import AssessedPeriod, Assessing, Tallied
from ledger.queries.sealing import CasePart, MovedCase, Seal


class SealBook:
    """All that was sealed. Every method blocks, as those of the reader do."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def standing(
        self, visibility: Visibility, period: AssessedPeriod, by: Assessing
    ) -> tuple[Tallied, Sequence[CasePart]]:
        """What came of the cases of a period and how each of them stands, all at the same moment."""
        return sealing.standing(self.engine, visibility, period, by)

    def newest(self, scope: Mapping[str, Any]) -> Seal | None:
        """The newest edition of exactly this scope, or None."""
        return sealing.newest_seal(self.engine, scope)

    def one(self, number: int, visibility: Visibility) -> Seal | None:
        """A seal of places that ``visibility`` covers, or None."""
        return sealing.seal_numbered(self.engine, number, visibility)

    def page(self, visibility: Visibility, cursor: str | None, limit: int) -> tuple[Sequence[Seal], str | None]:
        """So many seals, newest first, and the cursor of the following page. Raises BadCursor."""
        return sealing.list_seals(self.engine, visibility, cursor, limit)

    def moved(
        self, number: int, visibility: Visibility, period: AssessedPeriod, answering: Sequence[Answering]
    ) -> Sequence[MovedCase]:
        """The cases that have changed since a seal, by their ids."""
        return sealing.moved_cases(self.engine, number, visibility, period, answering)
