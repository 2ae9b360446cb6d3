"""What the engine goes by: statutes, calendar and the operator's policy."""

from datetime import datetime

from cli.checks.findings import Check, ok, problem, warning
from configuration.policy_file import PolicyError, policy_in_force
from configuration.settings import Settings
from domain.calendar import CHINA, Calendar, CalendarError
from domain.statutes.loader import StatuteError, digest, packaged_statutes


def statutes_check(_: Settings) -> Check:
    """Every packaged statute loads; named with the beginning of its digest."""
    try:
        statutes = packaged_statutes()
    except StatuteError as error:
        return problem("statutes", "statutes_unusable", why=error)
    return ok("statutes", "statutes", named=[f"{name} {digest(statute)[:8]}" for name, statute in statutes.items()])


def calendar_check(_: Settings) -> Check:
    """The calendar loads; which year is the first without a notice."""
    try:
        days = Calendar.packaged().as_known_on(None)
    except CalendarError as error:
        return problem("calendar", "calendar_unusable", why=error)
    this_year = datetime.now(CHINA).year
    years = range(max(this_year, days.first.year), days.last.year + 1)
    missing = next((year for year in years if days.is_provisional_year(year)), None)
    if missing is None:
        return ok("calendar", "calendar", year=days.last.year)
    return warning("calendar", "notice_missing", year=missing)


def policy_check(settings: Settings) -> Check:
    """The policy file, or the packaged policy, can be read."""
    try:
        policy_in_force(settings)
    except PolicyError as error:
        return problem("policy", "policy_unusable", why=error, variable=Settings.policy.variable)
    return ok("policy", "policy", file=settings.policy) if settings.policy else ok("policy", "policy_packaged")
