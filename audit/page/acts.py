"""What was done and decided (办理与决定): each act with who did it, what was said, and the article with its words."""

from audit.dossier.contents import EVENTS
from audit.page.cover import heading, number_of
from audit.page.facts import MOST_TOLD, CaseFacts
from audit.page.markup import Content, Html, both, el, fixed, pairs
from audit.page.told import cite, cited, quoted, time_of, what_was_said, who
from domain.engine.records import Clock, RecordedEvent


def acts(facts: CaseFacts) -> Html:
    """Every act in its order."""
    more = el("p", fixed("not_all", shown=MOST_TOLD, file=EVENTS), cls="note") if len(facts.acts) == MOST_TOLD else None
    return el("section", heading("acts"), "\n", [_act(facts, event) for event in facts.acts], more)


def _act(facts: CaseFacts, event: RecordedEvent) -> Html:
    number = event.data.get("number")
    clock = facts.case.clocks.get(number) if isinstance(number, int) else None
    rows: list[tuple[Content, Content]] = [
        (fixed("at"), time_of(event.at)),
        (fixed("by"), who(facts, event.actor)),
        (fixed("leads_to"), both("stage", event.stage)),
        (fixed("basis"), _basis(facts, event, clock)),
    ]
    told = what_was_said(event)
    if told is not None:
        rows.append((fixed("told"), told))
    if clock is not None:
        place = f"{number_of('limits')}-{clock.number}"
        rows.append((fixed("limit"), el("a", place, href=f"#c{clock.number}")))
    title = el("h3", f"{facts.number_of(event.seq)} ", both("event", event.type))
    return el("article", title, pairs(rows), id=f"e{event.seq}")


def _basis(facts: CaseFacts, event: RecordedEvent, clock: Clock | None) -> Content:
    """The article of an act with its words: of an act about a limit those that set it, else all that the text has."""
    if clock is not None and clock.quote is not None and clock.article is not None and clock.article == event.article:
        return [cite(facts, event.statute, clock.article), quoted(clock.quote)]
    return cited(facts, event.statute, event.article)
