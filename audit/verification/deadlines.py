"""Whether each deadline is the one that its limit gives, counted again with the calendar as it was known then."""

from collections.abc import Collection, Iterator, Mapping

from audit.known_editions import BY_CALENDAR, KnownThen, known_then
from audit.released import always_had
from audit.verification.dates import listed
from audit.verification.record import CaseRecord
from audit.verification.results import CheckFailed
from audit.verification.rules import DecidesOtherwise
from domain.calendar import CHINA, Calendar, CalendarError
from domain.engine.deadlines import order_again, resolve
from domain.engine.records import Clock, Deadline, RecordedEvent
from domain.messages.counting import CountingText
from domain.words import EventType

_COUNTED = ("due_date", "due_at", "provisional", "calendar_edition", "calendar_editions")
"""What the calendar adds to a limit; its warnings and rungs are of the policy, and are checked with the history."""
assert set(_COUNTED) <= Deadline.model_fields.keys()


def check_deadlines(record: CaseRecord, all_editions: bool, packed_with: Collection[str]) -> str:
    """Count every deadline again. ``all_editions``: a played case that knew every edition from the start.

    ``packed_with`` are the ids of the editions that came with the release that packed the case. Raises CheckFailed at
    the first deadline that comes out otherwise, with its article.
    """
    unknown = _editions_of_nobody(record.calendar)
    _check_complete(record.calendar, packed_with)
    counted, known, later = 0, known_then(record.calendar, record.events, all_editions), list[str]()
    for event in record.events:
        if event.clock is not None:
            _count_again(record, event, event.clock, known[event.seq])
            counted += 1
            if lacked := _lacked(record, event.clock, known[event.seq]):
                later.append(f"{', '.join(lacked)} (event {event.seq})")
    besides = f"; no notice that this release has: {', '.join(map(repr, unknown))}" if unknown else ""
    others = moved_by_others(record, known)
    moved = f"; not the notice that is named moved the limit, but another: {listed(others)}" if others else ""
    entered = f"; counted before the engine had a notice that was published: {', '.join(later)}" if later else ""
    told = CountingText("{n:deadline|deadlines} counted again, each the same day and hour").format(n=counted)
    return f"{told}{moved}{entered}{besides}"


def moved_by_others(record: CaseRecord, known: Mapping[int, KnownThen]) -> list[int]:
    """Each limit that gave way to a notice was moved then, and the calendar has had that notice. Raises CheckFailed.

    The numbers of the events whose notice is not the one that moved the limit: a case may hear of one when the engine
    has the next already, and counts with both.
    """
    clocks = {event.clock.number: event.clock for event in record.events if event.clock is not None}
    following = {clock.supersedes: clock for clock in clocks.values() if clock.supersedes is not None}
    published = {edition.id: edition.published for edition in record.calendar.editions}
    elsewhere = []
    for event, notice in _by_notices(record):
        number, day = event.data.get("number"), known[event.seq].day
        if notice not in published or (day is not None and published[notice] > day):
            raise CheckFailed(f"event {event.seq}: no notice {notice!r:.60} had been published that could move a limit")
        old, new = (of.get(number) if isinstance(number, int) else None for of in (clocks, following))
        if old is None or new is None or (old.due_at, old.provisional) == (new.due_at, new.provisional):
            raise CheckFailed(f"event {event.seq}: the notice {notice!r:.60} moves no limit", event.article)
        if notice not in new.calendar_editions:
            elsewhere.append(event.seq)
    return elsewhere


def _by_notices(record: CaseRecord) -> Iterator[tuple[RecordedEvent, str]]:
    """The events that say that a limit gave way to a notice, with its id."""
    for event in record.events:
        reason = str(event.data.get("reason", ""))
        if event.type is EventType.CLOCK_SUPERSEDED and reason.startswith(BY_CALENDAR):
            yield event, reason.removeprefix(BY_CALENDAR)


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


def _check_complete(calendar: Calendar, packed_with: Collection[str]) -> None:
    """A calendar has all that came with the release that packed it.

    A year whose own notice an engine has under another id takes nothing of it from a later release.
    """
    there = {edition.id for edition in calendar.editions}
    own_years = {edition.year for edition in calendar.editions if edition.amends is None}
    for edition in Calendar.packaged().editions:
        expected = edition.id in always_had() or edition.year not in own_years
        if edition.id in packed_with and edition.id not in there and expected:
            raise CheckFailed(
                f"the calendar lacks the edition {edition.id}, which the release that packed it has with every case"
            )


def _lacked(record: CaseRecord, clock: Clock, known: KnownThen) -> list[str]:
    """The notices that bear on a limit and were published by its day, but entered later by what the case shows."""
    if not known.missing:
        return []
    whole = resolve(order_again(clock), record.calendar.as_known_on(known.day))
    return [name for name in whole.calendar_editions if name in known.missing]


def _count_again(record: CaseRecord, event: RecordedEvent, clock: Clock, known: KnownThen) -> None:
    close = record.policy.close_of_business
    try:
        again = resolve(order_again(clock), known.days(record.calendar), close)
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
