"""Whether the papers of a dossier are those that its case names, each under its own digest."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit.dossier.contents import DOCUMENTS, INDEX, CaseDossier
from audit.dossier.documents import IndexedPaper, RelatedCase, index_of, read_index
from audit.dossier.let_go import papers_let_go
from audit.verification.acts import acts_in
from audit.verification.record import CaseRecord
from audit.verification.results import CheckFailed
from domain.messages.counting import CountingText

_NAMED: Final = CountingText("{papers:paper|papers} named, {here} of them here; {cases:other case|other cases} named")
"""What holds, in one line."""
_LOST: Final = CountingText("{lost:paper|papers} brought to the engine and not to be had when this was packed")
"""What its packer says of papers that should be here."""
_ELSEWHERE: Final = CountingText("{papers:paper|papers} disposed of by an act on another case, as the index says")
"""What its packer says of papers that other cases took along: the acts on those are in no dossier of this one."""
_LET_GO: Final = CountingText("{papers:paper|papers} disposed of by a recorded act")


def check_documents(dossier: CaseDossier, record: CaseRecord, application: Mapping[str, Any]) -> str:
    """Each paper that the case names is in the index, each that is packed is named and is what its digest says.

    ``application`` is what was filed. Raises CheckFailed.
    """
    for name, found in dossier.papers.items():
        if name != f"{DOCUMENTS}{found.sha256}":
            raise CheckFailed(f"{name} is not named by its digest")
    packed = {found.sha256 for found in dossier.papers.values()}
    try:
        index = read_index(dossier.files[INDEX])
    except ValueError as error:
        raise CheckFailed(str(error)) from None
    lost = {paper.sha256 for paper in index.papers if paper.lost and paper.sha256}
    elsewhere = {paper.sha256: paper.disposed_by for paper in index.papers if paper.sha256 and paper.disposed_by}
    wanted = index_of(application, record.events, packed, lost, elsewhere)
    strangers = sorted(packed - {paper.sha256 for paper in wanted.papers})
    if strangers:
        raise CheckFailed(f"no event names the paper {DOCUMENTS}{strangers[0]}")
    _compare("paper", index.papers, wanted.papers)
    _compare("case", index.cases, wanted.cases)
    said = _NAMED.format(papers=len(index.papers), here=len(packed), cases=len(index.cases))
    gone = _let_go(dossier) & {paper.sha256 for paper in index.papers if not paper.held} - lost
    said += f"; {_LOST.format(lost=len(lost))}" if lost else ""
    said += f"; {_ELSEWHERE.format(papers=len(elsewhere))}" if elsewhere else ""
    return f"{said}; {_LET_GO.format(papers=len(gone))}" if gone else said


def _let_go(dossier: CaseDossier) -> frozenset[str]:
    """The papers that acts have let go of; none where what is here are no acts, which a check of its own says."""
    try:
        return papers_let_go(acts_in(dossier))
    except CheckFailed:
        return frozenset()


def _compare(
    what: str, listed: Sequence[IndexedPaper | RelatedCase], named: Sequence[IndexedPaper | RelatedCase]
) -> None:
    for number, (one, other) in enumerate(zip(listed, named, strict=False), start=1):
        if one != other:
            raise CheckFailed(f"{what} {number} of {INDEX} is not the one that event {other.event} names")
    if len(listed) != len(named):
        raise CheckFailed(f"{INDEX} lists {len(listed)} {what}s, and the case names {len(named)}")
