"""Whether the papers that cases name are still there (材料核对): those that were uploaded and no act disposed of."""

from collections.abc import Callable, Iterator, Sequence

from background.archive.differing import CompareFinding, Discrepancy
from domain.calendar import day_of
from ledger.queries.acts import settled_of
from ledger.queries.papers import BroughtPaper
from ledger.reader import Reader

PaperThere = Callable[[str], bool]
"""Whether the store of papers has anything under a digest. Raises OSError."""


def papers_missing(reader: Reader, these: Sequence[str], there: PaperThere | None) -> Iterator[CompareFinding]:
    """The papers of these cases that the ledger or the store has lost, but for those that an act has settled.

    ``there`` is None where no store is at hand: then the ledger alone is asked.
    """
    missing = [
        paper
        for paper in reader.papers.brought_in(these)
        if not paper.noted or (there is not None and not there(paper.sha256))
    ]
    disposed = reader.papers.disposed_by({paper.sha256 for paper in missing if not paper.noted})
    settled = settled_of(reader.engine, Discrepancy.PAPER, these) if missing else {}
    for paper in missing:
        explained = not paper.noted and paper.sha256 in disposed
        if not explained and paper.sha256 not in settled.get(paper.request_id, frozenset()):
            yield CompareFinding(Discrepancy.PAPER, paper.request_id, _said(paper), of=(paper.sha256,))


def _said(paper: BroughtPaper) -> str:
    what = "is not in the store of papers" if paper.noted else "is no longer in the ledger, and no act disposed of it"
    brought = f"{paper.org} brought on {day_of(paper.brought_at)}"
    return f"The paper {paper.sha256}, which event {paper.seq} names and {brought}, {what}."
