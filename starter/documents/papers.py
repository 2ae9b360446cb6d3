"""All papers of a case by name: ``application`` and ``notice-{seq}``, with the number of the event."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.engine.records import RecordedEvent
from domain.messages import Language
from domain.words import ProcedureName
from procedures.registry import PROCEDURES
from starter.documents.dossier import Dossier
from starter.documents.form import ApplicationForm
from starter.documents.notice import notices

APPLICATION = "application"


class Paper(Protocol):
    """Anything that can be printed."""

    @property
    def event(self) -> RecordedEvent:
        """The event on which it is based."""

    def title(self, language: Language) -> str:
        """Its title."""

    def html(self, language: Language, link: str) -> str:
        """The page; ``link`` leads back to the case. The same events and link give the same page, byte for byte."""


@dataclass(frozen=True)
class Listed:
    """A paper in a list; ``seq`` is None for the form, which also shows later supplements."""

    name: str
    title: str
    kind: str
    seq: int | None
    article: str | None
    at: datetime


def papers(dossier: Dossier) -> Iterator[tuple[str, str, Paper]]:
    """Name, kind and paper, in order of origin; none if the procedure has no papers."""
    if not PROCEDURES[ProcedureName(dossier.detail.procedure)].has_papers:
        return
    yield APPLICATION, APPLICATION, ApplicationForm(dossier)
    for notice in notices(dossier):
        yield f"notice-{notice.event.seq}", notice.rule.kind, notice


def listed(dossier: Dossier, language: Language) -> list[Listed]:
    """The papers of a case."""
    return [
        Listed(
            name=name,
            title=paper.title(language),
            kind=kind,
            seq=None if name == APPLICATION else paper.event.seq,
            article=paper.event.article,
            at=paper.event.at,
        )
        for name, kind, paper in papers(dossier)
    ]


def paper_named(dossier: Dossier, wanted: str) -> Paper | None:
    """The paper of that name, or None."""
    return next((paper for name, _, paper in papers(dossier) if name == wanted), None)
