"""What a new edition must satisfy before it is published here, and how those stored here join the packaged ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from domain.calendar.editioned import Calendar
from domain.calendar.editions import Edition
from domain.calendar.errors import CalendarError
from domain.calendar.festivals import without_a_day_off


def with_stored(packaged: Calendar, stored: Iterable[Edition]) -> Calendar:
    """The packaged calendar with the editions stored here.

    What is stored here was acted upon and stays: it stands in for a packaged edition with the same id, and a year
    whose own notice is stored here takes nothing from the package (a later Shareflow may bring the same notice under
    another name). Raises CalendarError when they contradict one another all the same.
    """
    here = tuple(stored)
    if not here:
        return packaged
    ids = {edition.id for edition in here}
    years = {edition.year for edition in here if edition.amends is None} - _own_years(packaged, ids)
    kept = (edition for edition in packaged.editions if edition.id not in ids and edition.year not in years)
    return Calendar((*kept, *here))


def published_now(calendar: Calendar, edition: Edition, today: date) -> Calendar:
    """The calendar with an edition that is published today or was lately; the same one when it has it already.

    Raises CalendarError for an edition that cannot be: not yet published, its id used for another content, at odds
    with the others, older than what is known of its year, changing days that had passed without amending, or leaving a
    festival of its year without any day off.
    """
    if edition in calendar.editions:
        return calendar
    if edition.published > today:
        raise CalendarError(
            f"Edition {edition.id}: published: {edition.published.isoformat()} is still to come; an edition is "
            "published here on that day or later."
        )
    # First what it says of itself against the others: an id used twice, a second notice, an unknown one amended.
    after = calendar.with_edition(edition)
    for known in calendar.editions:
        if known.year == edition.year and known.order > edition.order:
            raise CalendarError(
                f"Edition {edition.id}: published: {edition.published.isoformat()} comes before edition {known.id} of "
                f"{known.published.isoformat()}, which is the newest known of {edition.year}."
            )
    if edition.amends is None:
        _check_past(calendar, edition)
    _check_whole(after, edition)
    return after


def _own_years(packaged: Calendar, ids: set[str]) -> set[int]:
    """The years whose packaged notice is stored under the same id: their amendments stay good."""
    return {edition.year for edition in packaged.editions if edition.amends is None and edition.id in ids}


def _check_past(calendar: Calendar, edition: Edition) -> None:
    days = calendar.as_known_on(None)
    for day, kind in edition.days.items():
        settled = day < edition.published and not days.is_provisional_year(day.year) and days.first <= day
        if settled and days.is_working_day(day) != (kind == "work"):
            raise CalendarError(
                f"Edition {edition.id}: days {day.isoformat()}: this day had passed when the edition was published, "
                "and only an edition that says what it amends may change it."
            )


def _check_whole(after: Calendar, edition: Edition) -> None:
    """The year's notices together are whole; whatever they leave out would be a working day, and no festival is."""
    left = [f"{festival.name} ({festival.english})" for festival in without_a_day_off(after, edition)]
    if left:
        raise CalendarError(
            f"Edition {edition.id}: days: {', '.join(left)} would have no day off in {edition.year}, so the notice is "
            "probably not written down whole."
        )
