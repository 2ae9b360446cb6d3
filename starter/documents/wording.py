"""Wording of papers: each regulation's own terms, article numbers, dates in Chinese style."""

from collections.abc import Mapping
from datetime import datetime

from markupsafe import Markup

from domain.calendar import CHINA, day_of, end_of
from domain.engine.records import Clock
from domain.field_types import unfit_named
from domain.messages import Language, label, words
from domain.messages.days import day_text


def worded(kind: str, word: str, statute: str, language: Language) -> str:
    """A text's word for something: the entry ``word.statute`` of the catalogue, otherwise that of ``word``.

    A local text merged with the national one (``nantong-2020+809``) uses the local words.
    """
    entries = words(kind)
    for name in (f"{word}.{statute}", f"{word}.{statute.partition('+')[0]}"):
        if name in entries:
            return entries[name][language]
    return entries[word][language]


def filled(sentence: str, values: Mapping[str, object]) -> Markup:
    """A sentence of the catalogue with its {names} filled in.

    Values are untrusted: they are escaped and isolated in their direction of writing.
    """
    isolated = {name: value if isinstance(value, Markup) else said(value) for name, value in values.items()}
    return Markup(sentence).format_map(isolated)


def said(value: object) -> Markup:
    """Untrusted text within ours; invisible characters and direction marks are named instead."""
    return Markup("<bdi>{}</bdi>").format(value if isinstance(value, Markup) else unfit_named(str(value)))


def time_text(at: datetime, language: Language) -> str:
    """2026年3月5日 10:00, in Beijing time."""
    return f"{day_text(day_of(at), language)} {at.astimezone(CHINA):%H:%M}"


def due_text(clock: Clock, language: Language) -> str:
    """The end of a limit: its last day, with the hour at which it ends."""
    if clock.due_at == end_of(clock.due_date):
        return f"{day_text(clock.due_date, language)} 24:00"
    return time_text(clock.due_at, language)


def limit_text(clock: Clock, language: Language) -> str:
    """How long a limit is: 10个工作日, 10 working days."""
    return label("limit_length", clock.unit, language).format(number=clock.amount)
