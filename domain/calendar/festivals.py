"""Whether the notices of a year give each statutory festival a day off (法定节日是否放假)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from domain.calendar.editioned import Calendar
from domain.calendar.editions import Edition
from domain.calendar.regulation import Festival, packaged_regulation, version_for
from domain.calendar.working_days import WorkingDays

_SATURDAY = 5


def without_a_day_off(calendar: Calendar, edition: Edition) -> list[Festival]:
    """The festivals of the edition's year to which no notice of ``calendar`` gives a day off, in order of the year.

    The festivals are those of the regulation as it was known when the edition was published. A weekend that no notice
    names is no day off of a festival: of a National Day that was left out the Saturday would be off and the Friday not.
    """
    stated: dict[date, str] = {}
    for each in calendar.editions:
        stated.update(each.days)
    off = {day for day, kind in stated.items() if kind == "off"}
    festivals = _festivals(edition)
    days = calendar.as_known_on(None)
    left = []
    for festival, own in festivals.items():
        others = {day for each in festivals.values() if each is not own for day in each}
        if not off & own and not off & _in_lieu(own, days) - others:
            left.append(festival)
    return sorted(left, key=lambda festival: min(festivals[festival]))


def _festivals(edition: Edition) -> dict[Festival, set[date]]:
    """Each festival of the edition's year with its statutory days."""
    known = [version for version in packaged_regulation() if version.published <= edition.published]
    rules = version_for(edition.year, known).days
    named = {rule.festival: Festival(rule.festival, rule.english) for rule in rules}
    festivals: dict[Festival, set[date]] = {}
    for rule in rules:
        festivals.setdefault(named[rule.part_of or rule.festival], set()).add(rule.in_year(edition.year))
    return festivals


def _in_lieu(own: set[date], days: WorkingDays) -> set[date]:
    """Where a festival on a weekend may have its days off instead: in the rest of which that weekend is a part.

    A notice may name those alone, since the weekend is off anyway. None of one with a day from Monday to Friday.
    """
    if any(day.weekday() < _SATURDAY for day in own):
        return set()
    return {off for day in own for step in (-1, 1) for off in _rest(day, step, days)}


def _rest(day: date, step: int, days: WorkingDays) -> Iterator[date]:
    """The days off from ``day`` on or back, up to the next working day or the end of the calendar."""
    while days.first <= day <= days.last and not days.is_working_day(day):
        yield day
        day += timedelta(days=step)
