"""Under which text a row is filed, as people call it: the one in force in a place, or a text by its title."""

from collections.abc import Mapping, Sequence
from functools import cache

from domain.access import place_of
from domain.messages import Language, label
from domain.statutes.loader import packaged_statutes
from domain.statutes.model import Name
from starter.overlaid import title_with_above


def places_with_texts() -> Mapping[str, Name]:
    """The places that have a text, by their words in ids, with what people call them."""
    return {place_of(it.id): it.jurisdiction for it in packaged_statutes().values()}


@cache
def offered_texts(language: Language) -> Mapping[str, str]:
    """What may be chosen, by what it is called: the text in force in each place, by the word of the place.

    A text may be named by its title or id as well; of one that has given way nobody is reminded.
    """
    return {
        label("console", "in_force_there", language).format(place=getattr(name, language)): place
        for place, name in places_with_texts().items()
    }


def text_called(said: str) -> str:
    """What somebody means by a name; what nothing is called stays as it was said."""
    return _meanings().get(said.casefold(), said)


def filed_under(chosen: str | None) -> Mapping[str, str]:
    """What a filing says of its text: nothing, a place, or the text itself."""
    if not chosen:
        return {}
    return {"jurisdiction": chosen} if chosen in places_with_texts() else {"statute": chosen}


def _formerly() -> Mapping[str, str]:
    """What templates of before called the text that is in force in a place: they may still be brought."""
    return {
        label("sheet", "in_force_formerly", "zh").format(place=name.zh): place
        for place, name in places_with_texts().items()
    }


@cache
def _meanings() -> Mapping[str, str]:
    languages: Sequence[Language] = ("zh", "en")
    titles = {title_with_above(it, each): it.id for each in languages for it in packaged_statutes().values()}
    offered = {**offered_texts("zh"), **offered_texts("en")}
    return {said.casefold(): meant for said, meant in {**_formerly(), **titles, **offered}.items()}
