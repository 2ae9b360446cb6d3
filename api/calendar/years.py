"""The calendar of working days as it is told: a year day by day, the end of a limit day by day, the notices."""

from datetime import MAXYEAR, MINYEAR, date, timedelta

from api.calendar.schemas import CalendarDayOut, CalendarYearOut, ExplainedDayOut, ExplainedDueOut, NoticeOut
from domain.calendar import Calendar, CalendarError, DayReason, Edition, Unit, WorkingDays, end_of
from domain.calendar.horizon import HORIZON
from domain.calendar.reasons import Nature
from domain.messages import Language


def year_out(calendar: Calendar, year: int, known_on: date | None, language: Language) -> CalendarYearOut:
    """A year as known on a day. Raises CalendarError for one outside of the calendar."""
    known = calendar.as_known_on(known_on)
    if not MINYEAR <= year <= MAXYEAR:
        raise CalendarError(f"The calendar covers the years {HORIZON.first.year} to {HORIZON.last.year}, not {year}.")
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    told = [_day(day, known.nature(day), language) for day in days]
    speaking = {day.edition for day in told}
    notices = [calendar.edition(name) for name in known.editions]
    return CalendarYearOut(
        year=year,
        as_known_on=known_on,
        provisional=known.is_provisional_year(year),
        working_days=sum(day.working for day in told),
        notices=[notice_out(each) for each in notices if each.year == year or each.id in speaking],
        days=told,
    )


def explained(days: WorkingDays, start: date, amount: int, unit: Unit, language: Language) -> ExplainedDueOut:
    """The end of a limit with each day on the way to it. Raises CalendarError."""
    found = days.due(start, amount, unit)
    return ExplainedDueOut(
        due_date=found.due_date,
        due_at=end_of(found.due_date),
        provisional=found.provisional,
        editions=list(found.editions),
        days=[_row(row, language) for row in days.explain(start, amount, unit)],
    )


def notice_out(edition: Edition) -> NoticeOut:
    """A notice, and how many days it makes off or working."""
    return NoticeOut(
        id=edition.id,
        year=edition.year,
        title=edition.title,
        document=edition.document,
        notice=edition.notice,
        published=edition.published,
        amends=edition.amends,
        days_off=sum(kind == "off" for kind in edition.days.values()),
        make_up_days=sum(kind == "work" for kind in edition.days.values()),
    )


def _day(day: date, nature: Nature, language: Language) -> CalendarDayOut:
    return CalendarDayOut(
        date=day,
        weekday=day.isoweekday(),
        working=nature.working,
        code=nature.code,
        why=nature.text_zh if language == "zh" else nature.text_en,
        edition=nature.edition,
        provisional=nature.provisional,
    )


def _row(row: DayReason, language: Language) -> ExplainedDayOut:
    return ExplainedDayOut(
        date=row.day,
        weekday=row.weekday,
        working=row.working,
        code=row.code,
        why=row.text_zh if language == "zh" else row.text_en,
        edition=row.edition,
        provisional=row.provisional,
        number=row.number,
    )
