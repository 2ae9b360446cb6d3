"""Whether the dates of events are those of what else tells the time: the history, and checkpoints that were kept.

An event bears the instant at which a door received what brought it about. Temporal's history has its own clock, and
so has a checkpoint: what the log did not have by then had not been recorded yet.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

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


def played(opening: CaseOpening) -> str:
    """What shows a case to be a played one, in words; nothing for one in the world's own time."""
    said = [
        f"its clock differs by {opening.shift} from the server's (shift)" if opening.shift else "",
        "it knew every edition of the calendar from the start (all_editions)" if opening.all_editions else "",
        "it finds no other case (alone)" if opening.alone else "",
    ]
    return f"; {PLAYED}: {', '.join(filter(None, said))}" if any(said) else ""


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


def check_dates(record: CaseRecord, replayed: Replayed, opening: CaseOpening) -> str:
    """What is dated otherwise than the history has it, in words. Raises CheckFailed where nothing explains that.

    What a platform tells of the past, or one case another, bears the instant at which it happened there, a case that
    the platform opens the one at which it was to be; a played case has a time of its own. A case that was reset is
    given its commands again, whenever that is, and the ledger tells it what they had brought about: that is named.
    """
    late = []
    told = {each.seq for heard in replayed.steps for each in heard.result.events}
    for event, taken_at, of_the_past in _told(record, replayed, opening):
        gap = taken_at + opening.shift - event.at
        if gap > LONGEST_OUTAGE and not (of_the_past or opening.shift or event.seq in told):
            raise CheckFailed(
                f"event {event.seq} is dated {instant_text(event.at)}; by the history the case was told only "
                f"{gap.days} days later, on {instant_text(taken_at)}",
                event.article,
            )
        if gap > MARGIN:
            late.append(event.seq)
    return f"; by the history {listed(late)} came more than {MARGIN} after the date" if late else ""


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


def recorded_at(replayed: Replayed) -> Mapping[int, datetime]:
    """When the ledger had each event at the latest, by the history: when it answered that it has it."""
    found: dict[int, datetime] = {}
    for heard in replayed.steps:
        for seq in range(heard.step.head + 1, heard.result.head + 1):
            found.setdefault(seq, heard.answered_at)
    return found


def check_covered(
    record: CaseRecord, covered: int, seen: datetime | None, recorded: Mapping[int, datetime], which: str
) -> str:
    """What came into a log after it was seen though it is dated before, in words.

    ``covered``: so many events were in it; ``recorded``: when the ledger had each, by the history; empty for a played
    case, whose time is not the log's. Raises CheckFailed for an event that must have been in the log by then: by the
    history, or because nothing that a person did waits so long.
    """
    if seen is None:
        return f"; {which} names no time: no date is held against it"
    before = [event for event in record.events[covered:] if event.at < seen - MARGIN]
    for event in before:
        if not recorded:
            continue
        waits = event.actor.role is Role.PLATFORM or event.type is EventType.USED
        if recorded.get(event.seq, seen) < seen - MARGIN or (event.at < seen - LONGEST_OUTAGE and not waits):
            raise CheckFailed(
                f"event {event.seq} is dated {instant_text(event.at)}, and {which}, of {instant_text(seen)}, does not "
                f"have it: it was entered afterwards, or made up",
                event.article,
            )
    how = "recorded later by the history too" if recorded else "nothing tells when that was recorded"
    return f"; dated before it, yet not in it: {listed([event.seq for event in before])} ({how})" if before else ""
