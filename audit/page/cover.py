"""The cover of the dossier (案卷封面), the list of what is in it (卷内目录), and whose case it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from audit.page.facts import MOST_TOLD, CaseFacts
from audit.page.markup import Content, Html, both, el, english, fixed, pairs, said, table, together
from audit.page.told import fields, operator, time_of, who
from domain.engine.filed import Party, Resource
from domain.engine.records import Clock, RecordedEvent
from domain.log.acts import OperatorAct
from domain.words import Stage

PARTS: Final[Sequence[str]] = ("matter", "timeline", "acts", "limits", "papers", "related", "record", "operations")
"""The parts of the page in their order, by the words of their headings; the last only where there is something."""


def heading(part: str) -> Html:
    """The heading of a part, with its number."""
    return el("h2", f"{number_of(part)} ", fixed(f"part_{part}"), id=part)


def number_of(part: str) -> int:
    """The number of a part."""
    return PARTS.index(part) + 1


def cover(facts: CaseFacts) -> Html:
    """The cover: what the case is about, between whom, under which text, from when to when, and how it ended."""
    last = facts.events[-1]
    zh, en = facts.title(None)
    rows: list[tuple[Content, Content]] = [
        (fixed("number"), el("span", said(facts.request_id), cls="code")),
        (fixed("procedure"), both("procedure", facts.before.procedure)),
        (fixed("subject"), _named(facts.before.resource)),
        (both("role", "requester"), _named(facts.before.requester)),
        (both("role", "provider"), _named(facts.before.provider)),
        (fixed("text"), [said(zh), english(said(en))]),
        (fixed("filed"), time_of(facts.events[0].at)),
        (fixed("closed"), time_of(last.at) if last.stage is Stage.CLOSED else fixed("not_closed")),
        (fixed("outcome"), _outcome(facts)),
        (fixed("pieces"), fixed("so_many", acts=len(facts.acts), limits=len(facts.clocks))),
        (fixed("made_by"), said(facts.made_by)),
    ]
    notes = ["what_it_is", *["persons_withheld"] * (not facts.with_persons), *["history_disposed"] * facts.history_gone]
    said_of_it = [el("p", fixed(note), cls="note") for note in notes]
    return el("header", el("h1", fixed("title")), pairs(rows, "cover"), said_of_it)


def _outcome(facts: CaseFacts) -> Content:
    outcome = facts.case.outcome
    return both("stage", facts.case.stage) if outcome is None else both("outcome", outcome)


def _named(thing: Party | Resource) -> Content:
    if not thing.name and not thing.code:
        return fixed("nothing")
    return [said(thing.name or ""), " ", el("span", said(thing.code or ""), cls="code")]


def contents(facts: CaseFacts) -> Html:
    """The list of what is in the dossier: each piece by its number, whose it is, of what day, and its article."""
    head = [fixed(word) for word in ("piece", "piece_title", "by", "day", "article")]
    return el("section", el("h2", fixed("contents"), id="contents"), table(head, _pieces(facts), "contents"))


def _pieces(facts: CaseFacts) -> Iterator[Sequence[Content]]:
    for part in PARTS:
        if part == "operations" and not facts.operator_acts:
            continue
        yield _link(part, str(number_of(part))), el("b", fixed(f"part_{part}")), None, None, None
        if part == "acts":
            yield from (_act(facts, event) for event in facts.acts)
        if part == "limits":
            yield from (_limit(clock) for _, clock in facts.clocks)
        if part == "operations":
            yield from (_operation(act, place) for place, act in enumerate(facts.operator_acts[:MOST_TOLD], start=1))


def _act(facts: CaseFacts, event: RecordedEvent) -> Sequence[Content]:
    place, day = facts.number_of(event.seq) or "", time_of(event.at)[:10]
    return (
        _link(f"e{event.seq}", place),
        both("event", event.type),
        who(facts, event.actor),
        day,
        _article(event.article),
    )


def _limit(clock: Clock) -> Sequence[Content]:
    place, day = f"{number_of('limits')}-{clock.number}", clock.due_date.isoformat()
    about = together(both("clock", clock.id), " ", both("clock_state", clock.state))
    return _link(f"c{clock.number}", place), about, both("basis", clock.basis), day, _article(clock.article)


def _operation(act: OperatorAct, place: int) -> Sequence[Content]:
    number = f"{number_of('operations')}-{place}"
    return _link(f"o{place}", number), both("act", act.kind), operator(act.by), time_of(act.at)[:10], None


def _article(article: str | None) -> Content:
    return None if article is None else said(article)


def _link(to: str, text: str) -> Html:
    return el("a", text, href=f"#{to}")


def matter(facts: CaseFacts) -> Html:
    """The parties, the resource, and all else that was filed."""
    rest = {name: value for name, value in facts.application.items() if name not in _SHOWN}
    rows: list[tuple[Content, Content]] = [
        (both("application_field", name), _group(facts.application[name]))
        for name in _SHOWN[:-1]
        if name in facts.application
    ]
    return el("section", heading("matter"), pairs(rows) if rows else None, fields(rest))


_SHOWN: Final = ("requester", "provider", "department", "resource", "documents")


def _group(value: Any) -> Content:
    return fields(value) if isinstance(value, Mapping) else said(value)
