"""Whether the dates of events are those of what else tells the time: the history, and checkpoints that were kept.

An event bears the instant at which a door received what brought it about. Temporal's history has its own clock, and
so has a checkpoint: what the log did not have by then had not been recorded yet. A played case has a clock of its own,
which differs from the server's by what its history says (``shift``): its dates are held by that clock, and so far as
that goes; of when anything happened in the world they show nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from audit.verification.record import CaseRecord
from audit.verification.replayed import Replayed
from audit.verification.results import CheckFailed
from domain.engine.records import RecordedEvent
from domain.evidence import instant_text
from domain.words import CommandName, Role
from protocol.messages import CaseOpening

MARGIN: Final = timedelta(minutes=10)
"""By so much clocks of machines, and the ways between them, may differ."""
PLAYED: Final = "a played case"
"""How a case is named whose time was not the world's."""
LONGEST_OUTAGE: Final = timedelta(days=3)
"""So long a command that a door has received may wait for a worker before the case takes it. A filing waits for none:
with it the case begins."""


class ServerTimes(NamedTuple):
    """What a history tells of time: when the ledger had each event at the latest, by the server's clock.

    ``told``: the events that the ledger told the case, which had begun again. ``shift``: by so much the clock of the
    case, which dates its events, is ahead of the server's; none but a played case has a clock of its own.
    """

    recorded: Mapping[int, datetime] = {}
    told: frozenset[int] = frozenset()
    shift: timedelta = timedelta()

    def dated(self, at: datetime) -> str:
        """A time of the server as the case would date it."""
        return instant_text(at + self.shift)

    def own_clock(self) -> str:
        """What stands behind a sentence with such times, where the clock of the case is not the server's."""
        return f"; all times by the case's own clock, {_apart(self.shift)} the server's (shift)" if self.shift else ""

    def most_skipped(self) -> timedelta:
        """By so much the time of a played case may have been skipped: until its clock was the server's."""
        return abs(self.shift)


class ToldDate(NamedTuple):
    """What a case was told from outside: the events that came of it, and when by the server's clock.

    ``filing``: the case began with it. ``of_the_past``: it may tell of any time before. ``asked``: the history has who
    asked, and not only that the ledger told of it.
    """

    events: Sequence[RecordedEvent]
    taken_at: datetime
    filing: bool = False
    of_the_past: bool = False
    asked: bool = True

    @property
    def at(self) -> datetime:
        """When it happened, by its date."""
        return self.events[-1].at

    @property
    def numbers(self) -> Sequence[int]:
        """Those of its events."""
        return [event.seq for event in self.events]


class DatesHeld(NamedTuple):
    """How the dates of a case that are not refuted stand, in words.

    ``unshown``: which of them the history does not show, for the case was told too long afterwards; else nothing.
    """

    said: str
    unshown: str


def played(opening: CaseOpening) -> str:
    """What shows a case to be a played one, in words; nothing for one in the world's own time."""
    said = [
        f"its clock is {_apart(opening.shift)} the server's (shift)" if opening.shift else "",
        "it knew every edition of the calendar from the start (all_editions)" if opening.all_editions else "",
        "it finds no other case (alone)" if opening.alone else "",
    ]
    return f"{PLAYED}: {', '.join(filter(None, said))}" if any(said) else ""


def _apart(shift: timedelta) -> str:
    return f"{_lasting(abs(shift))} {'behind' if shift < timedelta() else 'ahead of'}"


def _lasting(span: timedelta) -> str:
    return str(span).replace(",", "")


def listed(numbers: Sequence[int]) -> str:
    """Numbers of events, in order, runs of them as one: events 3, 7 to 9."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
    return f"event{'s' if len(numbers) > 1 else ''} {told}"


def server_times(record: CaseRecord, replayed: Replayed, opening: CaseOpening) -> ServerTimes:
    """What the history tells of time, of the events that there are: a ledger may be said to have had any number."""
    found: dict[int, datetime] = {}
    for heard in replayed.steps:
        for seq in range(heard.step.head + 1, min(heard.result.head, len(record.events)) + 1):
            found.setdefault(seq, heard.answered_at)
    told = frozenset(each.seq for heard in replayed.steps for each in heard.result.events)
    return ServerTimes(found, told, opening.shift)


def check_dates(record: CaseRecord, replayed: Replayed, opening: CaseOpening) -> DatesHeld:
    """How the dates stand by the history. Raises CheckFailed where nothing explains a date.

    No event is dated before the one that it follows, nor after the ledger had it. What a platform tells of the past, or
    one case another, bears the instant at which it happened there, a case that the platform opens the one at which it
    was to be. A case that was reset is given its commands again, whenever that is, and the ledger tells it what they
    had brought about. Of such a date the history shows nothing. The time of a played case may be skipped by as much as
    its clock differs, between a command and the case that takes it too, and before it was reset. Nothing is dated after
    the case was told it, by a command or by what it began with.
    """
    times = server_times(record, replayed, opening)
    check_order_of_dates(record)
    ahead = _ahead(record, times)
    late, unshown = dict[int, timedelta](), dict[int, timedelta]()
    for told in _told(record, replayed, opening, times):
        gap = told.taken_at + times.shift - told.at
        excused = told.of_the_past or times.told.issuperset(told.numbers)
        longest = MARGIN if told.filing and not excused else LONGEST_OUTAGE
        _check_not_told_before(record, told, times)
        if gap > longest + times.most_skipped():
            if not excused:
                raise CheckFailed(
                    f"event {told.numbers[0]} is dated {instant_text(told.events[0].at)}; by the history the case was "
                    f"told only {_in_seconds(gap)} later, on {times.dated(told.taken_at)}{times.own_clock()}",
                    told.events[0].article,
                )
            unshown |= dict.fromkeys(told.numbers, gap)
        elif gap > MARGIN:
            late |= dict.fromkeys(told.numbers, gap)
    said = (
        "in order, none after the ledger had its event",
        f"by the history {listed([*late])} came more than {MARGIN} after the date, by {_longest(late)} at most"
        if late
        else "",
        f"told to the case by its ledger before the date, since time was skipped until it was reset: {listed(ahead)}"
        if ahead
        else "",
    )
    nothing_shown = (
        f"the history does not show when {listed([*unshown])} happened: the case was told up to {_longest(unshown)} "
        "after the date"
        if unshown
        else ""
    )
    return DatesHeld("; ".join(filter(None, said)), nothing_shown)


def _longest(gaps: Mapping[int, timedelta]) -> str:
    return _in_seconds(max(gaps.values()))


def _in_seconds(span: timedelta) -> str:
    return _lasting(timedelta(seconds=span // timedelta(seconds=1)))


def check_order_of_dates(record: CaseRecord) -> None:
    """No event is dated before the one that it follows. Raises CheckFailed."""
    for before, event in pairwise(record.events):
        if event.at < before.at:
            raise CheckFailed(
                f"event {event.seq} is dated {instant_text(event.at)}, before event {before.seq} of "
                f"{instant_text(before.at)}",
                event.article,
            )


def _check_not_told_before(record: CaseRecord, told: ToldDate, times: ServerTimes) -> None:
    """What a case was told is not dated after it was told, whenever the ledger had it. Raises CheckFailed.

    It may bear the date of what stood in the ledger before it. What the ledger told a played case may have happened in
    time that had been skipped until that was reset.
    """
    first = told.events[0]
    after = told.at - told.taken_at - times.shift
    skipped = times.most_skipped() if times.told.issuperset(told.numbers) else timedelta()
    follows = any(event is first and before.at == told.at for before, event in pairwise(record.events))
    if told.asked and after > MARGIN + skipped and not follows:
        raise CheckFailed(
            f"event {first.seq} is dated {instant_text(first.at)}; by the history the case was told before, on "
            f"{times.dated(told.taken_at)}{times.own_clock()}",
            first.article,
        )


def _ahead(record: CaseRecord, times: ServerTimes) -> Sequence[int]:
    """What the ledger told a played case before its date, for time had been skipped. Raises CheckFailed.

    No other event is dated after the ledger had it: whatever the history has it tell the case.
    """
    found = []
    for event in record.events:
        had = times.recorded.get(event.seq)
        ahead = timedelta() if had is None else event.at - had - times.shift
        if ahead <= MARGIN:
            continue
        if event.seq not in times.told or ahead > times.most_skipped() + MARGIN:
            assert had is not None
            raise CheckFailed(
                f"event {event.seq} is dated {instant_text(event.at)}; by the history the ledger had it before, on "
                f"{times.dated(had)}{times.own_clock()}",
                event.article,
            )
        found.append(event.seq)
    return found


def _told(record: CaseRecord, replayed: Replayed, opening: CaseOpening, times: ServerTimes) -> Iterator[ToldDate]:
    """What the case was told from outside.

    Of each command the events of its own instant, for what time alone had brought by then comes first; of several
    tries under one key the first that was not refused. Where the history has no command, it was told by its ledger.
    """
    if replayed.begun_at is not None:
        by_platform = opening.actor.role is Role.PLATFORM
        yield ToldDate([record.filed], replayed.begun_at, filing=True, of_the_past=by_platform)
    by_key = dict[str, list[RecordedEvent]]()
    for event in record.events:
        if event.key is not None:
            by_key.setdefault(event.key, []).append(event)
    for key, its_own in by_key.items():
        events = [event for event in its_own if event.at == its_own[-1].at]
        tries = replayed.given.get(key, ())
        given = next((each for each in tries if each.update not in replayed.refused), None)
        if given is not None:
            command, platform = given.command, given.command.actor.role is Role.PLATFORM
            asked = command.name is CommandName.RECORD_USE or command.by_case is not None
            yield ToldDate(events, given.taken_at, of_the_past=asked and platform)
        elif its_own[-1].seq in times.told and its_own[0].seq > record.filed.seq:
            yield ToldDate(events, times.recorded[its_own[-1].seq], asked=False)


def check_covered(record: CaseRecord, covered: int, seen: datetime | None, times: ServerTimes, which: str) -> str:
    """What is dated otherwise than a log has it that was seen at a time, in words.

    ``covered``: so many events were in it; ``times``: what the history tells, nothing where it cannot be gone by or
    there is none any more. Raises CheckFailed for an event that must have been in the log by then, by the history or
    because nothing that a person did waits so long, and for one that was in it and is dated after: what the log shows
    needs no history. The clock of a played case may have been skipped ahead of the world's, so that what is dated after
    is only named.
    """
    if seen is None:
        return f"; {which} names no time: no date is held against it"
    shift = times.shift
    after = [event.seq for event in record.events[:covered] if event.at - seen > shift + MARGIN]
    if after and not shift:
        raise CheckFailed(
            f"event {after[0]} is dated {instant_text(record.events[after[0] - 1].at)}, and {which}, of "
            f"{instant_text(seen)}, has it already",
            record.events[after[0] - 1].article,
        )
    before = [event for event in record.events[covered:] if event.at - seen < shift - MARGIN]
    for event in before:
        too_old = event.at - seen < shift - LONGEST_OUTAGE and event.actor.role is not Role.PLATFORM
        if too_old or times.recorded.get(event.seq, seen) < seen - MARGIN:
            raise CheckFailed(
                f"event {event.seq} is dated {instant_text(event.at)}, and {which}, of {times.dated(seen)}, does not "
                f"have it: it was entered afterwards, or made up{times.own_clock()}",
                event.article,
            )
    how = "recorded later by the history too" if times.recorded else "nothing tells when that was recorded"
    numbers = [event.seq for event in before]
    return (
        (f"; by the case's own clock that checkpoint is of {times.dated(seen)}" if shift and (after or before) else "")
        + (
            f"; dated after it, yet in it{', since time was skipped' if shift else ''}: {listed(after)}"
            if after
            else ""
        )
        + (f"; dated before it, yet not in it: {listed(numbers)} ({how})" if before else "")
    )
