"""The statutory festivals of a year, from the holiday regulation (全国年节及纪念日放假办法)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from lunardate import LunarDate  # type: ignore[import-untyped, unused-ignore]

from domain.calendar._reading import data_directory
from domain.calendar.errors import CalendarError

_SATURDAY = 5


@dataclass(frozen=True)
class FestivalDay:
    """One day off of a festival (节日放假日) by rule: solar date, lunar date or the day of Qingming.

    ``shift`` is in days; New Year's Eve of the lunar year (除夕) is the first lunar day shifted by -1,
    since the twelfth month may have 29 or 30 days. ``part_of`` is the festival whose days off the regulation counts
    it among (春节，放假4天（农历除夕、正月初一至初三）), where the day has a name of its own.
    """

    festival: str
    english: str
    calendar: Literal["solar", "lunar", "qingming"]
    month: int = 0
    day: int = 0
    shift: int = 0
    part_of: str | None = None

    def in_year(self, year: int) -> date:
        """The date on which this day off falls in the solar ``year``."""
        if self.calendar == "solar":
            return date(year, self.month, self.day)
        if self.calendar == "qingming":
            return qingming(year)
        lunar: date = LunarDate(year, self.month, self.day).to_solar_date()
        return lunar + timedelta(days=self.shift)


@dataclass(frozen=True)
class RegulationVersion:
    """One version of the holiday regulation: known from ``published``, applied from ``in_force``."""

    id: str
    document: str
    published: date
    in_force: date
    days: tuple[FestivalDay, ...]


@dataclass(frozen=True)
class Festival:
    """What makes a date off by the regulation alone; ``lieu`` marks a day in lieu (补假)."""

    name: str
    english: str
    lieu: bool = False


def qingming(year: int) -> date:
    """The day of Qingming (清明), when the sun reaches 15 degrees of longitude, Beijing time.

    The customary formula for the 21st century, days in April = [0.2422 Y + 4.81] - [Y / 4] with Y the
    last two digits. It agrees with workalendar's computed solar terms for every year that has them;
    those are not used themselves, because they end in 2051 and are unpacked from disk at every call.
    Raises CalendarError outside 2001-2099.
    """
    if not 2001 <= year <= 2099:
        raise CalendarError(f"The day of Qingming is known for 2001 to 2099, not for {year}.")
    short = year % 100
    # In ten-thousandths, so that no machine rounds differently.
    return date(year, 4, (2422 * short + 48100) // 10000 - short // 4)


@lru_cache(maxsize=1)
def packaged_regulation() -> tuple[RegulationVersion, ...]:
    """The versions stated in data/holiday_regulation.json, in order of publication."""
    raw = json.loads(data_directory().joinpath("holiday_regulation.json").read_text(encoding="utf-8"))
    versions = (
        RegulationVersion(
            id=version["id"],
            document=version["document"],
            published=date.fromisoformat(version["published"]),
            in_force=date.fromisoformat(version["in_force"]),
            days=tuple(FestivalDay(**day) for day in version["days"]),
        )
        for version in raw["versions"]
    )
    return tuple(sorted(versions, key=lambda version: version.published))


def version_for(year: int, known: Sequence[RegulationVersion]) -> RegulationVersion:
    """The version in force on the first of January of ``year`` among those ``known``.

    A version that is published but not yet in force does not apply; one in force but not yet known
    leaves the one before it standing. Raises CalendarError when there is none.
    """
    for version in reversed(known):
        if version.in_force <= date(year, 1, 1):
            return version
    raise CalendarError(f"No version of the holiday regulation is known for {year}.")


@lru_cache(maxsize=512)
def statutory_days(year: int, version: RegulationVersion) -> dict[date, Festival]:
    """The festival days of ``year`` by ``version`` alone, without days in lieu. Not to be changed.

    Two festivals on one date (中秋节 on 10-01 in 2020) make one day off: the regulation gives each its
    day and says nothing about a second one, which only a notice can add.
    """
    result: dict[date, Festival] = {}
    for rule in version.days:
        day = rule.in_year(year)
        if day in result:
            earlier = result[day]
            result[day] = Festival(f"{earlier.name}、{rule.festival}", f"{earlier.english} and {rule.english}")
        else:
            result[day] = Festival(rule.festival, rule.english)
    return dict(sorted(result.items()))


@lru_cache(maxsize=512)
def regulation_days(year: int, version: RegulationVersion) -> dict[date, Festival]:
    """``statutory_days`` with a day in lieu (补假) for each that falls on a weekend. Not to be changed.

    The regulation asks for the lieu day "on a working day" and no more; it is put on the next Monday
    to Friday that is neither a festival nor already a lieu day.
    """
    result = dict(statutory_days(year, version))
    for day, festival in statutory_days(year, version).items():
        if day.weekday() < _SATURDAY:
            continue
        lieu = day + timedelta(days=1)
        while lieu.weekday() >= _SATURDAY or lieu in result:
            lieu += timedelta(days=1)
        result[lieu] = Festival(festival.name, festival.english, lieu=True)
    return dict(sorted(result.items()))
