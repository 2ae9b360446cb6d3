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
        return problem("statutes", str(error), "run make setup")
    return ok("statutes", ", ".join(f"{name} {digest(statute)[:8]}" for name, statute in statutes.items()))


def calendar_check(_: Settings) -> Check:
    """The calendar loads; which year is the first without a notice."""
    try:
        days = Calendar.packaged().as_known_on(None)
    except CalendarError as error:
        return problem("calendar", str(error), "run make setup")
    this_year = datetime.now(CHINA).year
    years = range(max(this_year, days.first.year), days.last.year + 1)
    missing = next((year for year in years if days.is_provisional_year(year)), None)
    if missing is None:
        return ok("calendar", f"notices for all years to {days.last.year}")
    says = f"There is no notice for {missing} yet, so limits that reach into it are provisional."
    return warning("calendar", says, f"add the General Office's notice for {missing} when it is published")


def policy_check(settings: Settings) -> Check:
    """The policy file, or the packaged policy, can be read."""
    try:
        policy_in_force(settings)
    except PolicyError as error:
        return problem(
            "policy", str(error), f"mend the file, or unset {Settings.policy.variable} for the packaged policy"
        )
    return ok("policy", settings.policy or "the packaged policy")
