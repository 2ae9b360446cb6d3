"""Preview of a command (预览): the rules decide as usual, but nothing is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.calendar import Calendar, CalendarError, day_of
from domain.engine.case import Case
from domain.engine.commands import Command, InvalidFields
from domain.engine.deadlines import resolve
from domain.engine.decision import Refused
from domain.engine.evolve import evolve_all
from domain.engine.records import Clock, Deadline, Event, NumberedEvent
from domain.evidence import numbered
from procedures.registry import decide
from starter.errors import InvalidInput, Stale
from starter.failures import refusal_of
from workflows.errands.table import errands_of


@dataclass(frozen=True)
class Effect:
    """The effect of a command: the events that it would record, and the case before and after.

    ``asks_others``: it would also look up other cases; the preview does not include what comes of that.
    """

    before: Case
    after: Case
    events: Sequence[NumberedEvent]
    asks_others: bool

    @property
    def started(self) -> Sequence[Clock]:
        """The limits that the command would start, even if it ends them at once."""
        return [clock for number, clock in self.after.clocks.items() if number not in self.before.clocks]

    @property
    def stopped(self) -> Sequence[Clock]:
        """The limits that run now and would end, in their state afterwards."""
        open_now = {number for number, clock in self.before.clocks.items() if clock.open}
        return [clock for number, clock in self.after.clocks.items() if number in open_now and not clock.open]


def effect_of(case: Case, command: Command, now: datetime, calendar: Calendar) -> Effect:
    """The effect of a command if it were given now, by the calendar as known today.

    Raises RequestRefused, InvalidInput and Stale, as the command itself would.
    """
    if command.if_head is not None and command.if_head != case.head:
        raise Stale("The case has moved on since you looked at it: look again.")
    at = max(now, case.last_at) if case.last_at is not None else now
    try:
        written = decide(case, command, at)
        events = _as_recorded(case, written, calendar)
    except Refused as refusal:
        raise refusal_of(refusal, case.statute.id) from None
    except (InvalidFields, CalendarError) as error:
        raise InvalidInput(str(error)) from None
    asks = command.name in errands_of(case.procedure).of_command
    return Effect(case, evolve_all(case, events), events, asks)


def _as_recorded(case: Case, events: Sequence[Event], calendar: Calendar) -> Sequence[NumberedEvent]:
    """The events, numbered, with the deadlines of the limits that start."""
    days = calendar.as_known_on(day_of(events[-1].at))
    clocks = [resolve(event.order, days, case.policy.close_of_business) for event in events if event.order is not None]
    dues = [Deadline(**{name: getattr(clock, name) for name in Deadline.model_fields}) for clock in clocks]
    return numbered(events, case.head, case.statute.id, None, dues)
