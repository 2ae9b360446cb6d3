"""Whether each deadline is the one that its limit gives, counted again with the calendar as it was known then."""

from collections.abc import Mapping
from datetime import date
from itertools import groupby

from audit.verification.record import CaseRecord
from audit.verification.results import CheckFailed
from audit.verification.rules import DecidesOtherwise
from domain.calendar import CHINA, Calendar, CalendarError, day_of
from domain.engine.deadlines import order_again, resolve
from domain.engine.records import Clock, Deadline, RecordedEvent
from domain.messages.counting import CountingText

_COUNTED = ("due_date", "due_at", "provisional", "calendar_edition", "calendar_editions")
"""What the calendar adds to a limit; its warnings and rungs are of the policy, and are checked with the history."""
assert set(_COUNTED) <= Deadline.model_fields.keys()


def check_deadlines(record: CaseRecord, all_editions: bool, complete: bool) -> str:
    """Count every deadline again. ``all_editions``: a played case that knew every edition from the start.

    ``complete``: this release packed the case, with every edition that comes with it. Raises CheckFailed at the first
    that comes out otherwise, with its article.
    """
    unknown = _editions_of_nobody(record.calendar)
    if complete:
        _check_complete(record.calendar)
    counted, known_on = 0, known_days(record, all_editions)
    for event in record.events:
        if event.clock is not None:
            _count_again(record, event, event.clock, known_on[event.seq])
            counted += 1
    besides = f"; no notice that this release has: {', '.join(unknown)}" if unknown else ""
    return CountingText("{n:deadline|deadlines} counted again, each the same day and hour").format(n=counted) + besides


def _editions_of_nobody(calendar: Calendar) -> list[str]:
    """The editions that this release does not have: later ones, or of somebody's making.

    Raises CheckFailed for one that it has otherwise: notices do not change.
    """
    ours = {edition.id: edition for edition in Calendar.packaged().editions}
    for edition in calendar.editions:
        if edition.id in ours and edition != ours[edition.id]:
            raise CheckFailed(
                f"the calendar edition {edition.id} is not the notice that this release has under this id"
            )
    return [edition.id for edition in calendar.editions if edition.id not in ours]


def _check_complete(calendar: Calendar) -> None:
    there = {edition.id for edition in calendar.editions}
    missing = [edition.id for edition in Calendar.packaged().editions if edition.id not in there]
    if missing:
        raise CheckFailed(f"the calendar lacks the edition {missing[0]}, which this release packs with every case")


def known_days(record: CaseRecord, all_editions: bool) -> Mapping[int, date | None]:
    """By each event's number the day whose knowledge of the calendar counted: that of the last event of its step.

    Events of one command share its key; what time alone brought has none, and then stands by itself. None:
    ``all_editions``, whatever was known when.
    """
    found: dict[int, date | None] = {}
    for _, group in groupby(record.events, key=lambda event: event.key or event.seq):
        events = list(group)
        day = None if all_editions else day_of(events[-1].at)
        found.update((event.seq, day) for event in events)
    return found


def _count_again(record: CaseRecord, event: RecordedEvent, clock: Clock, known_on: date | None) -> None:
    close = record.policy.close_of_business
    try:
        again = resolve(order_again(clock), record.calendar.as_known_on(known_on), close)
    except CalendarError as error:
        raise DecidesOtherwise(
            f"event {event.seq}: the limit {clock.id.value} cannot be counted: {error}", clock.article
        ) from None
    for name in _COUNTED:
        is_, should = getattr(clock, name), getattr(again, name)
        if is_ != should:
            raise DecidesOtherwise(
                f"event {event.seq}: {name} of {clock.id.value} is {is_}, but {clock.amount} {clock.unit.value} "
                f"from {clock.started_at.astimezone(CHINA).date()} give {should}",
                clock.article,
            )
