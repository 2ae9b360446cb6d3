"""Assessments for doors: figures on the cases of a period, and the cases behind each figure."""

from collections.abc import Sequence

from domain.access import Visibility
from ledger.engine import Engine
from ledger.queries import assessing
from ledger.queries.assessed_parts import Answering, Measure
from ledger.queries.assessing import AssessedPeriod, Assessing, Tallied
from ledger.queries.views import Page


class AssessmentBook:
    """Assessments of all periods. Every method blocks, like those of the reader."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def figures(self, visibility: Visibility, period: AssessedPeriod, by: Assessing) -> Tallied:
        """The figures of a period (考核): numbers of cases, how long limits took, how disputes ended."""
        return assessing.tallies(self.engine, visibility, period, by)

    def cases(
        self,
        visibility: Visibility,
        period: AssessedPeriod,
        answering: Sequence[Answering],
        measure: Measure,
        cursor: str | None,
        limit: int,
    ) -> tuple[int, Page]:
        """How many cases a figure counts, and a page of them, latest filing first. Raises BadCursor."""
        return assessing.assessed_cases(self.engine, visibility, period, answering, measure, cursor, limit)
