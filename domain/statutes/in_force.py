"""Which text applies to a filing that names none: the one in force in a place on a day."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files

from pydantic import Field, TypeAdapter, ValidationError

from domain.access import place_of
from domain.plain_errors import first_problem
from domain.statutes.errors import wrong
from domain.statutes.loader import packaged_statutes
from domain.statutes.model import Name, Part
from domain.yaml_text import read_yaml


class NothingInForce(LookupError):
    """No text is in force in a place on a day. ``known`` says what there is: texts with their days, or places."""

    def __init__(self, place: str, day: date, known: str, why: str) -> None:
        super().__init__(f"no text is in force in {place} on {day.isoformat()}; known are {known}")
        self.place = place
        self.day = day
        self.known = known
        self.why = why


class Start(Part):
    """The day from which a text is taken that names none itself, and why that day."""

    day: date = Field(alias="from")
    why: Name


@cache
def starts() -> Mapping[str, date]:
    """From which day each packaged statute applies in its place: its own day, else the one in ``in_force.yaml``.

    Raises StatuteError for a file that cannot be used, LookupError for a text without any day.
    """
    said = _said()
    found = {}
    for id_, statute in packaged_statutes().items():
        day = statute.in_force_from or (said[id_].day if id_ in said else statute.issued_on)
        if day is None:
            raise LookupError(f"nothing says from which day {id_} applies: in_force.yaml should")
        found[id_] = day
    return found


def _said() -> dict[str, Start]:
    name = "in_force.yaml"
    text = files("domain.statutes").joinpath("data/places", name).read_text(encoding="utf-8")
    document = read_yaml(text, name)
    try:
        return TypeAdapter(dict[str, Start]).validate_python(document.data)
    except ValidationError as error:
        raise wrong(document, name, *first_problem(error)) from None


def statute_in_force(place: str, day: date) -> str:
    """The id of the text that applies to filings in a place (``nantong``, ``cn`` …) received on a day.

    Of several the latest: a local text gives way to itself under a regulation above it. The day is one in
    Asia/Shanghai. Raises NothingInForce.
    """
    here = {id_: start for id_, start in starts().items() if place_of(id_) == place}
    if not here:
        places = ", ".join(sorted({place_of(id_) for id_ in starts()}))
        raise NothingInForce(place, day, places, "no_such_place")
    reached = {id_: start for id_, start in here.items() if start <= day}
    if not reached:
        known = ", ".join(f"{id_} ({start.isoformat()})" for id_, start in sorted(here.items(), key=lambda x: x[1]))
        raise NothingInForce(place, day, known, "none_in_force")
    return max(reached, key=lambda id_: reached[id_])
