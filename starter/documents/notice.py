"""Notices (通知): who notifies whom of what, on which basis, and what comes next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from domain.calendar import day_of
from domain.engine.records import RecordedEvent
from domain.messages import Language, words
from domain.messages.days import day_text
from domain.words import ClockState, Role
from procedures.share_request.case import ShareRequestCase
from starter.documents.citation import Citation, cited, of_clock
from starter.documents.dossier import Dossier, organ, who_must_act
from starter.documents.page import html
from starter.documents.parts import TableRow, Voice
from starter.documents.rules import Addressee, NoticeRule, next_word, notice_rule
from starter.documents.wording import due_text, said

DEPARTMENTS = (Role.REQUESTER, Role.PROVIDER)


@dataclass(frozen=True)
class NoticePaper:
    """An event with the rule that makes it a notice."""

    dossier: Dossier
    position: int
    rule: NoticeRule

    @property
    def event(self) -> RecordedEvent:
        """What happened."""
        return self.dossier.events[self.position]

    def title(self, language: Language) -> str:
        """Its title, in the words of the text that applies."""
        return Voice(self.dossier, language).word("document", self.rule.kind)

    def ground(self, language: Language) -> Citation | None:
        """The clause on which the event is based; None if no article applies."""
        clock = self.dossier.before(self.position).clocks.get(self.event.data.get("number", 0))
        if clock is not None and clock.article == self.event.article:
            return of_clock(self._before, clock, language)
        return cited(self._before, self.event, self.rule.clauses, language)

    def html(self, language: Language, link: str) -> str:
        """The page; ``link`` leads back to the case."""
        voice, rule, event = Voice(self.dossier, language), self.rule, self.event
        before, after = self._before, self.dossier.after(self.position)
        issuer = event.actor.role if rule.issuer == "actor" else rule.issuer
        # An organ that acts on itself (a bureau that refers to or urges itself) notifies the others, or else itself.
        to = self._names(rule.to, issuer, after, language) or self._names(rule.copies, issuer, after, language)
        to = to or [organ(after, issuer, language)]
        copies = [name for name in self._names(rule.copies, issuer, after, language) if name not in to]
        decider = organ(before, event.actor.role, language)
        return html(
            "notice.html",
            language,
            {
                "title": self.title(language),
                "kind": voice.label("document_kind", rule.kind),
                "number": event_number(self.dossier, event),
                "issuer": organ(before, issuer, language),
                "to": voice.names(to),
                "copies": voice.names(copies),
                "opening": voice.sentence("notice", rule.kind, after, decider=decider),
                "rows": list(self._told(voice)),
                "ground": self.ground(language),
                "no_ground": voice.label("no_ground", rule.otherwise) if rule.otherwise else "",
                "next": _next_step(after, voice),
                "limits": voice.limits(after),
                "record": list(voice.record(before, event)),
                "date": day_text(day_of(event.at), language),
                "link": link,
            },
        )

    @property
    def _before(self) -> ShareRequestCase:
        return self.dossier.before(self.position)

    def _names(self, who: Sequence[Addressee], issuer: Role, after: ShareRequestCase, language: Language) -> list[str]:
        roles = [role for each in who for role in self._roles(each, after)]
        return [organ(after, role, language) for role in dict.fromkeys(roles) if role is not issuer]

    def _roles(self, who: Addressee, after: ShareRequestCase) -> Sequence[Role]:
        match who:
            case "assignees":
                return who_must_act(after)
            case "parties":
                return after.statute.negotiation.parties
            case "departments":
                return DEPARTMENTS
            case "late":
                number = self.event.data.get("number")
                about = [clock for clock in after.clocks.values() if clock.open and number in (None, clock.number)]
                return [role for clock in about for role in who_must_act(after, clock)]
            case _:
                return (who,)

    def _told(self, voice: Voice) -> Iterator[TableRow]:
        data = self.event.data
        for name in self.rule.says:
            if name == "terms":
                yield from _terms(data.get("terms") or {}, voice)
            elif data.get(name):
                yield TableRow(voice.label("notice_field", name), _texts(name, data[name], voice))


def notices(dossier: Dossier) -> Iterator[NoticePaper]:
    """Every notice of a case, in the order of its events."""
    for position, event in enumerate(dossier.events):
        rule = notice_rule(event.type, dossier.detail.statute, _facts(dossier.events, position))
        if rule is not None:
            yield NoticePaper(dossier, position, rule)


def event_number(dossier: Dossier, event: RecordedEvent) -> str:
    """The number of a paper (文号): the case's id and the number of the event."""
    return f"{dossier.detail.request_id}-{event.seq}"


def _facts(events: Sequence[RecordedEvent], position: int) -> Mapping[str, object]:
    """The facts for the rules on notices: an event's data, the event before it, and the stage before it."""
    earlier = events[position - 1] if position else None
    return {
        **events[position].data,
        "after": earlier.type.value if earlier else None,
        "stage": earlier.stage.value if earlier else None,
    }


def _standing(case: ShareRequestCase) -> Mapping[str, object]:
    """The facts for the rules on the next step."""
    coordination, last = case.statute.coordination, case.last_instance
    return {
        "stage": case.stage.value,
        "extension_asked": case.extension_asked is not None,
        "coordinator": coordination is not None,
        "negotiation_first": coordination is not None and coordination.negotiation_first,
        "impasse": case.impasse,
        "not_agreed": case.not_agreed,
        "last": last.step if last else None,
        "necessity": last is not None and last.necessity,
    }


def _next_step(case: ShareRequestCase, voice: Voice) -> Markup:
    """The next step: the sentence of the rules, otherwise the stage, whom it waits for, and until when."""
    word = next_word(_standing(case))
    if word is not None:
        outcome = {"outcome": voice.label("outcome", case.outcome)} if case.outcome else {}
        return voice.sentence("next_step", word, case, **outcome)
    said: dict[str, object] = {"stage": voice.label("stage", case.stage)}
    assignees = who_must_act(case)
    if not assignees:
        return voice.sentence("next_step", "of_itself", case, **said)
    running = (clock for clock in case.clocks.values() if clock.state is ClockState.RUNNING)
    theirs = [clock for clock in running if set(who_must_act(case, clock)) & set(assignees)]
    if not theirs:
        return voice.sentence("next_step", "act", case, **said)
    first = min(theirs, key=lambda clock: clock.due_at)
    return voice.sentence("next_step", "act_until", case, **said, until=due_text(first, voice.language))


def _terms(terms: Mapping[str, Any], voice: Voice) -> Iterator[TableRow]:
    for name in ("scope", "mode", "conditions", "expires_on"):
        if terms.get(name):
            head = f"{voice.label('notice_field', 'terms')} · {voice.label('notice_field', f'terms_{name}')}"
            yield TableRow(head, _texts(name, terms[name], voice))


def _texts(name: str, value: Any, voice: Voice) -> list[Markup]:
    """One value of an event's data as people read it."""
    if isinstance(value, list | tuple):
        return [said(each) for each in value]
    match name:
        case "level":
            return [said(voice.label("urgency", value))]
        case "outcome":
            return [said(voice.label("outcome", value))]
        case "result" | "decision":
            return [said(voice.label("notice_word", value))]
        case "working_days":
            return [said(voice.label("limit_length", "working_day").format(number=value))]
        case "mode" if value in words("service_mode"):
            return [said(voice.label("service_mode", value))]
        case "expires_on":
            return [said(day_text(date.fromisoformat(value), voice.language))]
        case _:
            return [said(value)]
