"""Under which text an application may be filed today: the one in force in each place, and no other is offered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from api.cases.sheets.texts import places_with_texts
from domain.access import EVERYWHERE, Caller
from domain.messages import Language, label
from domain.statutes.in_force import NothingInForce, statute_in_force
from domain.statutes.loader import packaged_statutes
from starter.overlaid import title_with_above


@dataclass(frozen=True)
class TextsOffered:
    """``own``: what holds where nothing is chosen, of whoever is bound to one place; else a place must be chosen.

    ``kept``: a text of another day, by its id and title, that the form named when it came.
    """

    own: str | None
    places: Sequence[tuple[str, str]]
    kept: tuple[str, str] | None


def texts_offered(caller: Caller, chosen: str, day: date, language: Language) -> TextsOffered:
    """What a form offers to a caller on a day, when a place or a text was ``chosen`` in it before."""
    places = [(place, _said(place, title, language)) for place, title in _in_force(day, language)]
    bound = next(iter(caller.places)) if len(caller.places) == 1 and EVERYWHERE not in caller.places else None
    own = dict(places).get(bound, label("console", "text_in_force", language)) if bound else None
    text = packaged_statutes().get(chosen)
    return TextsOffered(own, () if bound else places, (text.id, title_with_above(text, language)) if text else None)


def _in_force(day: date, language: Language) -> Iterator[tuple[str, str]]:
    for place in places_with_texts():
        try:
            text = packaged_statutes()[statute_in_force(place, day)]
        except NothingInForce:
            continue
        yield place, title_with_above(text, language)


def _said(place: str, title: str, language: Language) -> str:
    name = getattr(places_with_texts()[place], language)
    there = label("console", "in_force_there", language).format(place=name)
    return f"{there}{label('console', 'colon', language)}{title}"
