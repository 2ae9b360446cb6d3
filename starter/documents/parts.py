"""Common parts of notices and the application form: limits, the record, the words of a text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from domain.calendar import day_of
from domain.codes import same_code
from domain.engine.records import Actor, Clock, RecordedEvent
from domain.messages import Language, label
from domain.messages.days import day_text
from domain.words import Basis, ClockState, Role
from procedures.share_request.case import ShareRequestCase
from starter.documents.citation import Citation, of_clock, title_text
from starter.documents.dossier import Dossier, organ, referred_to, who_must_act
from starter.documents.wording import due_text, filled, limit_text, said, time_text, worded


@dataclass(frozen=True)
class TableRow:
    """One row of a table: a heading, and one or several texts."""

    head: str
    texts: Sequence[Markup]


@dataclass(frozen=True)
class LimitRow:
    """A running limit. ``citation`` is set for a limit of the law; without it the limit is policy."""

    name: str
    who: Markup
    length: str
    due: str
    citation: Citation | None
    provisional: bool
    breached: bool


class Voice:
    """Renders texts about one case in one language, with the words of its own statute."""

    def __init__(self, dossier: Dossier, language: Language) -> None:
        self.dossier = dossier
        self.language: Language = language

    def word(self, kind: str, word: str) -> str:
        """The word of the case's statute for something."""
        return worded(kind, word, self.dossier.detail.statute, self.language)

    def label(self, kind: str, word: str) -> str:
        """The general word for something."""
        return label(kind, word, self.language)

    def names(self, names: Sequence[str]) -> Markup:
        """Several names in a row."""
        return Markup(label("paper", "between", self.language)).join(said(name) for name in dict.fromkeys(names))

    def sentence(self, kind: str, word: str, case: ShareRequestCase, **more: object) -> Markup:
        """A sentence of the catalogue about the current case."""
        application, statute = case.application, case.statute
        last = case.last_instance
        values = {
            "requester": application.requester.name,
            "provider": application.provider.name,
            "resource": application.resource.name,
            "application": Markup(self.word("own_word", "application")),
            "filed_on": Markup(day_text(day_of(self.dossier.detail.filed_at), self.language)),
            "sharing_class": self.class_name(case),
            "bureau": organ(case, Role.BUREAU, self.language),
            "referral": referred_to(case, self.language),
            "last": organ(case, last.by, self.language) if last else "",
            "parties": self.names([organ(case, role, self.language) for role in statute.negotiation.parties]),
            "assignees": self.names([organ(case, role, self.language) for role in who_must_act(case)]),
        }
        return filled(self.word(kind, word), {**values, **more})

    def class_name(self, case: ShareRequestCase) -> str:
        """The sharing class, in the statute's own word."""
        name = case.statute.classes[case.sharing_class].name
        return name.zh if self.language == "zh" else name.en

    def limits(self, case: ShareRequestCase) -> list[LimitRow]:
        """The running limits, and missed ones that still wait for their act."""
        return [self._limit(case, clock) for _, clock in sorted(case.clocks.items()) if clock.open]

    def _limit(self, case: ShareRequestCase, clock: Clock) -> LimitRow:
        return LimitRow(
            name=self.label("clock", clock.id),
            who=self.names([organ(case, role, self.language) for role in who_must_act(case, clock)]),
            length=limit_text(clock, self.language),
            due=due_text(clock, self.language),
            citation=of_clock(case, clock, self.language) if clock.basis is Basis.STATUTE else None,
            provisional=clock.provisional,
            breached=clock.state is ClockState.BREACHED,
        )

    def record(self, case: ShareRequestCase, event: RecordedEvent) -> Iterator[TableRow]:
        """The record behind the paper: case, parties, event and its digest.

        ``case`` is the case before the event.
        """
        detail, application = self.dossier.detail, case.application
        paper = self._paper
        yield TableRow(paper("case"), [said(detail.request_id)])
        yield TableRow(paper("statute"), [said(title_text(case.statute, self.language))])
        for role, party in (("requester", application.requester), ("provider", application.provider)):
            yield TableRow(self.word("own_word", role), [_named(party.name, party.code)])
        yield TableRow(
            self.word("own_word", "resource"),
            [_named(application.resource.name, application.resource.code), said(self.class_name(case))],
        )
        yield TableRow(paper("filed_on"), [said(day_text(day_of(detail.filed_at), self.language))])
        yield TableRow(paper("at"), [said(time_text(event.at, self.language))])
        yield TableRow(paper("by"), [self._actor(case, event.actor)])
        numbered = filled(paper("event_number"), {"seq": event.seq, "event": self.label("event", event.type)})
        yield TableRow(paper("event"), [numbered])
        yield TableRow(paper("digest").format(algorithm=detail.algorithm.upper()), [said(event.digest)])

    def _paper(self, word: str) -> str:
        return self.label("paper", word)

    def _actor(self, case: ShareRequestCase, by: Actor) -> Markup:
        """The actor: the organ, the name of its account if that is different, and the person."""
        name = organ(case, by.role, self.language)
        codes = (case.application.requester.code, case.application.provider.code)
        own = None if any(same_code(by.org, code) for code in codes) else by.org
        return self.names([each for each in (name, own, by.person) if each])


def _named(name: str | None, code: str | None) -> Markup:
    """A name with its code."""
    return Markup('{} <span class="code">{}</span>').format(said(name or ""), said(code or ""))
