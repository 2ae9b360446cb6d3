"""How papers say things: each regulation's own words, numbers of articles, dates as they are written in China."""

from collections.abc import Mapping
from datetime import datetime

from markupsafe import Markup

from domain.calendar import CHINA, day_of, end_of
from domain.engine.records import Clock
from domain.field_types import unfit_named
from domain.messages import Language, label, words
from domain.messages.days import day_text


def worded(kind: str, word: str, statute: str, language: Language) -> str:
    """What a text calls something: the entry ``word.statute`` of the catalogue, else that of ``word`` alone.

    A local text as the national one overlays it (``nantong-2020+809``) goes by the local words.
    """
    entries = words(kind)
    for name in (f"{word}.{statute}", f"{word}.{statute.partition('+')[0]}"):
        if name in entries:
            return entries[name][language]
    return entries[word][language]


def filled(sentence: str, values: Mapping[str, object]) -> Markup:
    """A sentence of the catalogue with its {names} filled in.

    What is filled in may come from anybody: it is escaped, and its direction of writing stays its own.
    """
    isolated = {name: value if isinstance(value, Markup) else said(value) for name, value in values.items()}
    return Markup(sentence).format_map(isolated)


def said(value: object) -> Markup:
    """Somebody's own words within ours; a character that cannot be seen, or that turns the line, is named instead."""
    return Markup("<bdi>{}</bdi>").format(value if isinstance(value, Markup) else unfit_named(str(value)))


def time_text(at: datetime, language: Language) -> str:
    """2026年3月5日 10:00, in Beijing time."""
    return f"{day_text(day_of(at), language)} {at.astimezone(CHINA):%H:%M}"


def due_text(clock: Clock, language: Language) -> str:
    """Until when: the last day inside the limit, with the hour at which it ends."""
    if clock.due_at == end_of(clock.due_date):
        return f"{day_text(clock.due_date, language)} 24:00"
    return time_text(clock.due_at, language)


def limit_text(clock: Clock, language: Language) -> str:
    """How long a limit is: 10个工作日, 10 working days."""
    return label("limit_length", clock.unit, language).format(number=clock.amount)
