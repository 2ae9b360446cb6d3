"""The application form (需求申请表): the filing, changes by supplements beside it, and papers with digests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from domain.calendar import day_of
from domain.engine.decision import MISTYPED_CODE
from domain.engine.filed import mistyped_codes
from domain.engine.records import RecordedEvent
from domain.messages import Language
from domain.messages.days import day_text
from domain.statutes.model import Clause
from domain.words import EventType, Stage
from starter.documents.citation import CLAUSES, Citation, of_clause
from starter.documents.dossier import Dossier
from starter.documents.notice import event_number
from starter.documents.page import html
from starter.documents.parts import TableRow, Voice
from starter.documents.wording import filled, said

FIELDS = (
    *("purpose", "scope", "item_count", "legal_basis", "service_mode", "use_until", "justification"),
    *("involves_provincial_department", "cross_level", "superior", "contains_state_secret", "disputes_grant"),
)
"""The fields of an application besides parties and resource, in the order of the form."""


@dataclass(frozen=True)
class FieldRow:
    """A field as filed, and each change by a supplement."""

    head: str
    filed: Markup
    changed: list[tuple[Markup, Markup]]


@dataclass(frozen=True)
class PaperRow:
    """A paper that came with the application or later."""

    name: Markup
    sha256: str
    sealed: bool
    when: Markup


class ApplicationForm:
    """The form of one case."""

    def __init__(self, dossier: Dossier) -> None:
        self.dossier = dossier

    @property
    def event(self) -> RecordedEvent:
        """The filing."""
        return self.dossier.events[0]

    def title(self, language: Language) -> str:
        """Its title, in the words of the text that applies."""
        return Voice(self.dossier, language).word("document", "application")

    def grounds(self, language: Language) -> list[Citation]:
        """The clauses of the application: the basis of the filing, then what it must contain."""
        case = self.dossier.filed
        filing = case.statute.filing
        wanted = [CLAUSES["granted_conditions" if case.application.disputes_grant else "route"](case)]
        wanted += [requirement.clause for requirement in filing.requires]
        wanted += [filing.sealed_document] if filing.sealed_document else []
        distinct: dict[str, Clause] = {f"{x.statute} {x.article} {x.quote}": x for x in wanted if x is not None}
        return [of_clause(case.statute, clause, language) for clause in distinct.values()]

    def html(self, language: Language, link: str) -> str:
        """The page; ``link`` leads back to the case."""
        voice, case = Voice(self.dossier, language), self.dossier.filed
        checked = self.event.stage is Stage.COMPLETENESS_CHECK
        return html(
            "application.html",
            language,
            {
                "title": self.title(language),
                "kind": voice.label("document_kind", "application"),
                "number": event_number(self.dossier, self.event),
                "intro": voice.sentence("paper", "form_intro_through_bureau" if checked else "form_intro", case),
                "grounds": self.grounds(language),
                "parties": list(self._parties(voice)),
                "fields": list(self._fields(voice)),
                "supplemented": any(self._supplements()),
                "papers": list(self._papers(voice)),
                "findings": list(self._findings(voice)),
                "asked": list(self._asked(voice)),
                "limits": voice.limits(self.dossier.after(0)),
                "record": list(voice.record(case, self.event)),
                "applicant": said(case.application.requester.name),
                "link": link,
            },
        )

    def _parties(self, voice: Voice) -> Iterator[TableRow]:
        application = self.dossier.filed.application
        for name, party in (("requester", application.requester), ("provider", application.provider)):
            yield TableRow(voice.label("application_field", name), [said(party.name), said(party.code)])
        resource = application.resource
        yield TableRow(voice.label("application_field", "resource"), [said(resource.name), said(resource.code)])
        yield TableRow(voice.label("application_field", "sharing_class"), [said(voice.class_name(self.dossier.filed))])
        authorization = self.dossier.filed.authorization
        if authorization:
            told = said(voice.label("authorization", authorization))
            yield TableRow(voice.label("application_field", "authorization"), [told])

    def _fields(self, voice: Voice) -> Iterator[FieldRow]:
        filed = self.dossier.filed.application.model_dump(mode="json")
        for name in FIELDS:
            if name == "disputes_grant" and not filed[name]:
                continue
            changed = [
                (self._when(event, "supplemented_at", voice), _text(name, event.data["changed"][name], voice))
                for event in self._supplements()
                if name in event.data.get("changed", {})
            ]
            yield FieldRow(voice.label("application_field", name), _text(name, filed[name], voice), changed)

    def _papers(self, voice: Voice) -> Iterator[PaperRow]:
        on_filing = Markup(voice.label("paper", "on_filing"))
        for paper in self.dossier.detail.application.get("documents", ()):
            yield _paper(paper, on_filing)
        for event in self._supplements():
            for paper in event.data.get("documents", ()):
                yield _paper(paper, self._when(event, "supplemented_at", voice))

    def _findings(self, voice: Voice) -> Iterator[str]:
        for finding in self.event.data.get("findings", ()):
            told = voice.label("finding", finding)
            codes = mistyped_codes(self.dossier.filed.application) if finding == MISTYPED_CODE else ()
            yield f"{told}{voice.label('paper', 'to_colon')}{', '.join(codes)}" if codes else told

    def _asked(self, voice: Voice) -> Iterator[TableRow]:
        for event in self.dossier.events:
            if event.type is EventType.SUPPLEMENT_REQUESTED:
                yield TableRow(self._when(event, "asked_for", voice), [said(item) for item in event.data["missing"]])

    def _supplements(self) -> Iterator[RecordedEvent]:
        return (event for event in self.dossier.events if event.type is EventType.SUPPLEMENTED)

    def _when(self, event: RecordedEvent, word: str, voice: Voice) -> Markup:
        day = day_text(day_of(event.at), voice.language)
        return filled(voice.label("paper", word), {"date": day, "seq": event.seq})


def _paper(paper: Mapping[str, Any], when: Markup) -> PaperRow:
    return PaperRow(said(paper["name"]), paper.get("sha256") or "", bool(paper.get("sealed")), when)


def _text(name: str, value: Any, voice: Voice) -> Markup:
    """One field as people read it."""
    if isinstance(value, bool):
        return Markup(voice.label("paper", "yes" if value else "no"))
    if value is None or value == "":
        return Markup(voice.label("paper", "not_given"))
    match name:
        case "service_mode":
            return said(voice.label("service_mode", value))
        case "use_until":
            return said(day_text(date.fromisoformat(value), voice.language))
        case _:
            return said(value)
