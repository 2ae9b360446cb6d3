"""All findings in a case, of every kind, in the order of the events that show them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from audit.findings.early_disposals import early_disposals
from audit.findings.finding import Examined, Finding
from audit.findings.late_answers import late_answers
from audit.findings.moved_deadlines import moved_deadlines
from audit.findings.policy_as_law import policy_as_law
from audit.findings.unfounded_refusals import unfounded_refusals
from audit.findings.wrong_bodies import wrong_bodies
from audit.replay.case import RecordedCase
from domain.calendar import Calendar

KINDS: Final[tuple[Callable[[Examined], Iterator[Finding]], ...]] = (
    late_answers,
    unfounded_refusals,
    wrong_bodies,
    policy_as_law,
    moved_deadlines,
    early_disposals,
)
"""What is looked for."""


def findings_in(recorded: RecordedCase, calendar: Calendar, now: datetime) -> list[Finding]:
    """What is found in a case as it stands at an instant, with the calendar as it is known; none before its filing.

    Raises CalendarError for limits that lie outside the calendar's years.
    """
    if recorded.events[0].at > now:
        return []
    examined = Examined(recorded, calendar, now)
    found = (finding for look in KINDS for finding in look(examined))
    return sorted(found, key=lambda finding: finding.seq)
