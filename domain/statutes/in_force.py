"""The text that applies to a filing that names none: the one in force in a place on a day."""

from collections.abc import Mapping
from datetime import date
from functools import cache

from domain.access import place_of
from domain.statutes.loader import packaged_statutes


class NothingInForce(LookupError):
    """No text is in force in a place on a day. ``known``: the existing texts with their days, or the places."""

    def __init__(self, place: str, day: date, known: str, why: str) -> None:
        super().__init__(f"no text is in force in {place} on {day.isoformat()}; known are {known}")
        self.place = place
        self.day = day
        self.known = known
        self.why = why


@cache
def starts() -> Mapping[str, date]:
    """The day from which each packaged statute applies in its place. Raises LookupError for a text without a day."""
    found = {}
    for id_, statute in packaged_statutes().items():
        if statute.first_day is None:
            raise LookupError(f"nothing says from which day {id_} applies: its file should, as taken_from")
        found[id_] = statute.first_day
    return found


def statute_in_force(place: str, day: date) -> str:
    """The id of the text that applies to filings in a place (``nantong``, ``cn`` …) received on a day.

    If there are several, the latest: a local text is replaced by its merger with the regulation above it. The day is in
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
