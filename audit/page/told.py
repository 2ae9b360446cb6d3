"""How the page tells of people, articles, instants, and of what was said in an act."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from audit.page.facts import CaseFacts
from audit.page.markup import Content, Html, both, el, english, fixed, said, together
from domain.calendar import CHINA
from domain.engine.records import Actor, RecordedEvent
from domain.log.acts import Acting
from domain.messages import words
from domain.messages.numerals import numeral

UNSAID: Final = frozenset(
    {"filing_digest", "statute_digest", "policy_digest", "number", "rung", "application", "documents"}
)
"""What other parts of the page tell, or what tells nobody anything."""
WORDS_OF: Final[Mapping[str, str]] = {
    "authorization": "authorization",
    "body": "role",
    "by": "role",
    "clock": "clock",
    "command": "command",
    "decision": "notice_word",
    "during": "stage",
    "findings": "finding",
    "level": "urgency",
    "mode": "service_mode",
    "outcome": "outcome",
    "procedure": "procedure",
    "result": "notice_word",
    "service_mode": "service_mode",
    "sharing_class": "sharing_class",
    "to": "role",
}
"""Of what the values of a field are words."""
_NAMED_IN: Final = ("said", "application_field", "notice_field")
_DEEPEST: Final = 8


def time_of(at: datetime) -> str:
    """An instant in Beijing, to the minute; with seconds where there are any."""
    there = at.astimezone(CHINA)
    return f"{there:%Y-%m-%d %H:%M:%S}" if there.second else f"{there:%Y-%m-%d %H:%M}"


def who(facts: CaseFacts, actor: Actor) -> Html:
    """Who acted: the role, the organisation and the person, or that it is withheld."""
    named = [said(each) for each in (actor.org, actor.person if facts.with_persons else None) if each]
    left_out = [fixed("withheld")] if actor.person and not facts.with_persons else []
    return together(both("role", actor.role), ([" ", each] for each in (*named, *left_out)))


def operator(by: Acting) -> Html:
    """Who ran the engine: the roles, the organisation and the name that the door knew."""
    named = [said(each) for each in (by.org, by.subject) if each]
    return together([[both("role", role), " "] for role in by.roles], [[each, " "] for each in named])


def cited(facts: CaseFacts, statute: str | None, article: str | None) -> Content:
    """An article by its regulation, with what the text of the case has of it, verbatim."""
    if article is None:
        return el("span", fixed("no_article"), cls="none")
    quotes = [quoted(clause.quote, clause.paragraph) for clause in facts.quotes(statute, article)]
    return [cite(facts, statute, article), quotes or el("p", fixed("no_quote"))]


def cite(facts: CaseFacts, statute: str | None, article: str) -> Html:
    """An article by its regulation."""
    zh, en = facts.title(statute)
    return el("cite", said(f"{zh}{_numbered(article)}条"), english(said(f"{en}, art. {article}")))


# The same words are cited again and again, by many cases.
@lru_cache(maxsize=256)
def quoted(quote: str, paragraph: int | None = None) -> Html:
    """Words of a regulation, as they stand there."""
    return el("blockquote", _paragraph(paragraph), el("q", said(quote), lang="zh-CN"))


def _numbered(number: str | int) -> str:
    """第二十二, as regulations write it."""
    text = str(number)
    return f"第{numeral(int(text)) if text.isascii() and text.isdigit() and 0 < int(text) < 1000 else text}"


def _paragraph(number: int | None) -> Content:
    return None if number is None else [f"{_numbered(number)}款", english(f"para. {number}"), " "]


def what_was_said(event: RecordedEvent) -> Content:
    """All that an act says, field by field."""
    return fields({name: value for name, value in event.data.items() if name not in UNSAID})


def fields(told: Mapping[str, Any]) -> Content:
    """Fields and their values, each under its name in both languages."""
    if not told:
        return None
    return el("dl", list(_fields(told, 1)))


def _fields(told: Mapping[str, Any], depth: int) -> Iterator[Content]:
    for name, value in told.items():
        yield [el("dt", _name(name)), el("dd", _value(name, value, depth)), "\n"]


def _name(name: str) -> Content:
    kind = next((kind for kind in _NAMED_IN if name in words(kind)), _NAMED_IN[0])
    return both(kind, name)


def _value(name: str, value: Any, depth: int) -> Content:
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, bool):
        return fixed("yes" if value else "no")
    if value is None or value in ("", [], (), {}):
        return fixed("nothing")
    if isinstance(value, Mapping):
        return el("dl", list(_fields(value, depth + 1)))
    if isinstance(value, list | tuple):
        return el("ul", [el("li", _value(name, each, depth + 1)) for each in value])
    kind = WORDS_OF.get(name)
    return both(kind, value) if kind is not None and isinstance(value, str) else said(value)
