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
from domain.words import CommandName, EventType, Role
from protocol.messages import CaseOpening

MARGIN: Final = timedelta(minutes=10)
"""By so much clocks of machines, and the ways between them, may differ."""
PLAYED: Final = "a played case"
"""How a case is named whose time was not the world's."""
LONGEST_OUTAGE: Final = timedelta(days=3)
"""So long a command that a door has received may wait for a worker before the case takes it."""


class ServerTimes(NamedTuple):
    """What a history tells of time: when the ledger had each event at the latest, by the server's clock.

    ``shift``: by so much the clock of the case, which dates its events, is ahead of that one; none but a played case
    has a clock of its own.
    """

    recorded: Mapping[int, datetime] = {}
    shift: timedelta = timedelta()


def played(opening: CaseOpening) -> str:
    """What shows a case to be a played one, in words; nothing for one in the world's own time."""
    said = [
        f"its clock is {_apart(opening.shift)} the server's (shift)" if opening.shift else "",
        "it knew every edition of the calendar from the start (all_editions)" if opening.all_editions else "",
        "it finds no other case (alone)" if opening.alone else "",
    ]
    return f"{PLAYED}: {', '.join(filter(None, said))}" if any(said) else ""


def _apart(shift: timedelta) -> str:
    return f"{str(abs(shift)).replace(',', '')} {'behind' if shift < timedelta() else 'ahead of'}"


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
    return ServerTimes(found, opening.shift)


def check_dates(record: CaseRecord, replayed: Replayed, opening: CaseOpening) -> str:
    """What is dated long before the history has it, in words. Raises CheckFailed where nothing explains a date.

    No event is dated before the one that it follows, nor after the ledger had it. What a platform tells of the past, or
    one case another, bears the instant at which it happened there, a case that the platform opens the one at which it
    was to be. A case that was reset is given its commands again, whenever that is, and the ledger tells it what they
    had brought about: that is named. The time of a played case may be skipped by as much as its clock differs, between
    a command and the case that takes it too.
    """
    _check_order(record)
    _check_not_ahead(record, server_times(record, replayed, opening))
    late = []
    told = {each.seq for heard in replayed.steps for each in heard.result.events}
    for event, taken_at, of_the_past in _told(record, replayed, opening):
        gap = taken_at - event.at + opening.shift
        if gap > LONGEST_OUTAGE + abs(opening.shift) and not (of_the_past or event.seq in told):
            raise CheckFailed(
                f"event {event.seq} is dated {instant_text(event.at)}; by the history the case was told only "
                f"{gap.days} days later, on {instant_text(taken_at)}",
                event.article,
            )
        if gap > MARGIN:
            late.append(event.seq)
    by_the_history = f"; by the history {listed(late)} came more than {MARGIN} after the date" if late else ""
    return f"in order, none after the ledger had its event{by_the_history}"


def _check_order(record: CaseRecord) -> None:
    """No event is dated before the one that it follows. Raises CheckFailed."""
    for before, event in pairwise(record.events):
        if event.at < before.at:
            raise CheckFailed(
                f"event {event.seq} is dated {instant_text(event.at)}, before event {before.seq} of "
                f"{instant_text(before.at)}",
                event.article,
            )


def _check_not_ahead(record: CaseRecord, times: ServerTimes) -> None:
    """No event is dated after the ledger had it: whatever the history has it tell the case. Raises CheckFailed."""
    for event in record.events:
        had = times.recorded.get(event.seq)
        if had is not None and event.at - had > times.shift + MARGIN:
            raise CheckFailed(
                f"event {event.seq} is dated {instant_text(event.at)}; by the history the ledger had it before, on "
                f"{instant_text(had)}",
                event.article,
            )


def _told(
    record: CaseRecord, replayed: Replayed, opening: CaseOpening
) -> Iterator[tuple[RecordedEvent, datetime, bool]]:
    """What the case was told from outside: the event, the server's time then, whether it may be of the past.

    Of each command the last event, for what time alone had brought by then comes first; of several commands under one
    key the first.
    """
    if replayed.begun_at is not None:
        yield record.filed, replayed.begun_at, opening.actor.role is Role.PLATFORM
    for key, event in {event.key: event for event in record.events}.items():
        for given in replayed.given.get(key or "", ())[:1]:
            command = given.command
            of_the_past = command.name is CommandName.RECORD_USE or command.by_case is not None
            yield event, given.taken_at, of_the_past


def check_covered(
    record: CaseRecord, covered: int, seen: datetime | None, times: ServerTimes | None, which: str
) -> str:
    """What is dated otherwise than a log has it that was seen at a time, in words.

    ``covered``: so many events were in it; ``times``: what the history tells, None where it cannot be gone by. Raises
    CheckFailed for an event that must have been in the log by then, by the history or because nothing that a person did
    waits so long, and for one that was in it and is dated after. The clock of a played case may have been skipped ahead
    of the world's, so that what is dated after is only named.
    """
    if seen is None:
        return f"; {which} names no time: no date is held against it"
    shift = times.shift if times else timedelta()
    after = [event.seq for event in record.events[:covered] if event.at - seen > shift + MARGIN]
    if after and times and not shift:
        raise CheckFailed(
            f"event {after[0]} is dated {instant_text(record.events[after[0] - 1].at)}, and {which}, of "
            f"{instant_text(seen)}, has it already",
            record.events[after[0] - 1].article,
        )
    before = [event for event in record.events[covered:] if event.at - seen < shift - MARGIN]
    for event in before if times else ():
        waits = event.actor.role is Role.PLATFORM or event.type is EventType.USED
        too_old = event.at - seen < shift - LONGEST_OUTAGE and not waits
        if too_old or (times and times.recorded.get(event.seq, seen) < seen - MARGIN):
            raise CheckFailed(
                f"event {event.seq} is dated {instant_text(event.at)}, and {which}, of {instant_text(seen)}, does not "
                f"have it: it was entered afterwards, or made up",
                event.article,
            )
    ahead = f"; dated after it, yet in it: {listed(after)}" if after else ""
    how = "recorded later by the history too" if times else "nothing tells when that was recorded"
    lacked = f"; dated before it, yet not in it: {listed([event.seq for event in before])} ({how})" if before else ""
    return f"{ahead}{lacked}"
