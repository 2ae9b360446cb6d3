"""The moment of a count: which limits are nearly due today, how old cases are, and who is waited for where."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from api.context import AppContext
from domain.access import OF_A_PLACE, Caller, Visibility, visibility_of
from domain.calendar import WorkingDays, day_of, end_of
from domain.policy import Warnings
from domain.statutes.loader import packaged_statutes
from domain.words import Role, Unit
from ledger.queries.supervising import PARTIES, Moment, Waiting
from procedures.registry import ALL

SUPERVISORS: Final = (Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT, Role.AUDITOR)
"""Who supervises the cases of a place, or of all."""
COMING: Final = 20
"""So many working days are looked ahead."""
AGES: Final = (("week", 7), ("month", 30), ("quarter", 90), ("half_year", 180))
"""Bands of days since the filing: up to so many."""
OLDEST: Final = "older"


def overseen(caller: Caller) -> Visibility:
    """Which cases somebody supervises: those of its supervising roles, not those that it has a part in besides."""
    return visibility_of(replace(caller, roles=caller.roles & frozenset(SUPERVISORS)))


def moment_of(context: AppContext) -> Moment:
    """The present moment; blocking, for the calendar is asked."""
    now = context.known_on()
    days = context.calendar_store.now().as_known_on(day_of(now))
    return moment_at(now, days, context.client.policy.warnings)


def moment_at(now: datetime, days: WorkingDays, warnings: Warnings) -> Moment:
    """What is to be known of an instant. Raises CalendarError for a day outside the calendar."""
    today = day_of(now)
    ages = [(name, end_of(today - timedelta(days=most + 1))) for name, most in AGES]
    since = end_of(date(today.year - 1, 1, 1) - timedelta(days=1))
    last = days.add_working_days(today, 1) - timedelta(days=1)
    return Moment(now, today, last, tuple(_near(today, days, warnings)), ages, OLDEST, _waits(), since)


def _near(today: date, days: WorkingDays, warnings: Warnings) -> Iterator[tuple[Unit, int, date]]:
    """Until which last day limits are nearly due: those with no more working days left than the first warning has."""
    rules = ((Unit.WORKING_DAY, warnings), (Unit.DATE, warnings.fixed_days))
    for unit, rule in rules:
        before = max(rule.working_days_before, default=0)
        yield unit, rule.for_limits_of_at_least, days.add_working_days(today, before + 1) - timedelta(days=1)


def coming_days(moment: Moment, days: WorkingDays) -> Sequence[date]:
    """The days from today to the last of the coming working days, all of them."""
    found, working, day = [], 0, moment.today
    while working < COMING:
        found.append(day)
        working += days.is_working_day(day)
        day += timedelta(days=1)
    return found


@cache
def _waits() -> Sequence[Waiting]:
    """Who is waited for in each stage of each procedure under each text: departments, and organs where none is."""
    found: list[Waiting] = []
    for it in ALL:
        for stage in it.process.stages:
            for statute in packaged_statutes().values():
                roles = {role for provincial in (False, True) for role in stage.assignees(statute, provincial)}
                parties = roles & set(PARTIES)
                found += [(it.name, statute.id, stage.stage, role) for role in sorted(parties or roles & OF_A_PLACE)]
    return found
