"""The calendar: all editions, and what of them was known on a day (日历版本)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import lru_cache

from domain.calendar.editions import Edition, in_order, packaged_editions
from domain.calendar.errors import CalendarError
from domain.calendar.horizon import HORIZON
from domain.calendar.instants import day_of
from domain.calendar.regulation import packaged_regulation
from domain.calendar.working_days import WorkingDays


class Calendar:
    """The Chinese working-day calendar as a set of dated editions (工作日历); never changes.

    Raises CalendarError when the editions contradict one another (see ``in_order``) or one is for a
    year outside the horizon.
    """

    def __init__(self, editions: Iterable[Edition]) -> None:
        self._editions = in_order(editions)
        self._regulation = packaged_regulation()
        for edition in self._editions:
            if not HORIZON.first.year <= edition.year <= HORIZON.last.year:
                raise CalendarError(
                    f"Edition {edition.id}: the calendar covers the years {HORIZON.first.year} to "
                    f"{HORIZON.last.year}, not {edition.year}."
                )

    @classmethod
    def packaged(cls) -> Calendar:
        """The calendar of the editions that come with the package, always the same object."""
        return _packaged()

    @property
    def editions(self) -> tuple[Edition, ...]:
        """All editions in order of publication."""
        return self._editions

    def edition(self, edition_id: str) -> Edition:
        """The edition of that id; raises CalendarError when there is none."""
        for edition in self._editions:
            if edition.id == edition_id:
                return edition
        raise CalendarError(f"The calendar has no edition {edition_id}.")

    def with_edition(self, edition: Edition) -> Calendar:
        """A calendar with ``edition`` added; this one itself when it already has exactly that one.

        Raises CalendarError when it contradicts the others, for instance another with the same id.
        """
        if edition in self._editions:
            return self
        return Calendar((*self._editions, edition))

    def as_known_on(self, day: date | None, missing: Collection[str] = ()) -> WorkingDays:
        """The working days as known during ``day``, or from all editions when it is None.

        An edition is known from 00:00 Beijing time of its day of publication, and so is a version of
        the holiday regulation. ``missing`` are the ids of editions that were published by then and not yet entered
        where somebody counted. Days on which the same editions are known share one object. Raises
        CalendarError before the first version of the regulation and after the end of the calendar.
        """
        if day is None:
            return self._from_known(len(self._editions), len(self._regulation))
        if isinstance(day, datetime) or not isinstance(day, date):
            raise CalendarError(f"{day!r} is not a plain date.")
        earliest = self._regulation[0].published
        if not earliest <= day <= HORIZON.last:
            raise CalendarError(
                f"What was known of the calendar can be told for {earliest.isoformat()} to "
                f"{HORIZON.last.isoformat()}, not for {day.isoformat()}."
            )
        editions = sum(edition.published <= day for edition in self._editions)
        versions = sum(version.published <= day for version in self._regulation)
        if missing:
            known = tuple(edition for edition in self._editions[:editions] if edition.id not in missing)
            return _working_days(known, versions)
        return self._from_known(editions, versions)

    def as_known_at(self, instant: datetime) -> WorkingDays:
        """``as_known_on`` for the day in China of an instant with a time zone."""
        return self.as_known_on(day_of(instant))

    def _from_known(self, editions: int, versions: int) -> WorkingDays:
        # Both are in order of publication, so what is known is always so many from the front.
        return _working_days(self._editions[:editions], versions)


# Shared by all calendars: one with an edition more has the same past, and each costs some milliseconds.
@lru_cache(maxsize=128)
def _working_days(editions: tuple[Edition, ...], versions: int) -> WorkingDays:
    return WorkingDays(editions, packaged_regulation()[:versions], HORIZON)


@lru_cache(maxsize=1)
def _packaged() -> Calendar:
    return Calendar(packaged_editions())
