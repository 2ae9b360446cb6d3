"""What a finding is, and the case in which one looks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from audit.replay.case import RecordedCase
from audit.replay.state import HolderThen, holder
from domain.calendar import Calendar, WorkingDays
from domain.clocks import ClockId
from domain.codes import same_code
from domain.engine.case import Case
from domain.engine.records import Clock, RecordedEvent
from domain.words import EventType
from procedures.assignees import answerable


class FindingKind(StrEnum):
    """What sort of finding it is (发现类别)."""

    LATE_ANSWER = "late_answer"  # 逾期办理
    REFUSAL_WITHOUT_BASIS = "refusal_without_basis"  # 拒绝缺少理由或依据
    WRONG_BODY = "wrong_body"  # 无权机关作出决定
    POLICY_AS_LAW = "policy_as_law"  # 内部时限当作法定时限
    DEADLINE_MOVED = "deadline_moved"  # 期限因日历变动
    DISPOSED_EARLY = "disposed_early"  # 未满期限即销毁


@dataclass(frozen=True)
class Finding:
    """One finding.

    ``seq`` and ``at`` are the event that shows it (of a disposal that which ended the case, and when it was done),
    ``article`` (of ``statute``) what it is measured by, ``who`` whose act or omission it is. ``found`` and ``should``
    are words of the catalogue, filled in with ``facts``. ``working_days_late`` is counted by the calendar as known now;
    None where it is not lateness that was found.
    """

    kind: FindingKind
    request_id: str
    seq: int
    at: datetime
    statute: str
    article: str | None
    who: HolderThen
    found: str
    should: str
    clock: ClockId | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    working_days_late: int | None = None


@dataclass(frozen=True)
class Examined:
    """A case that is looked at as it stands at the instant ``now``, with the calendar as it is known."""

    recorded: RecordedCase
    calendar: Calendar
    now: datetime

    @cached_property
    def events(self) -> tuple[RecordedEvent, ...]:
        """What had happened by then."""
        return tuple(event for event in self.recorded.events if event.at <= self.now)

    @cached_property
    def case(self) -> Case:
        """The case after these events."""
        return self.recorded.after(self.events)

    @cached_property
    def working_days(self) -> WorkingDays:
        """The working days as known now."""
        return self.calendar.as_known_on(None)

    def told_by(self, clock: Clock, *types: EventType) -> RecordedEvent | None:
        """The first event of one of these types that is about a clock."""
        about = (event for event in self.events if event.type in types and event.data.get("number") == clock.number)
        return next(about, None)

    def started_by(self, clock: Clock) -> RecordedEvent:
        """The event that started a clock."""
        return next(event for event in self.events if event.clock and event.clock.number == clock.number)

    def statute_of(self, clock: Clock) -> str:
        """The regulation in which the article of a clock stands; for one without, the case's own."""
        return clock.statute or self.case.statute.id

    def answerable(self, clock: Clock) -> HolderThen:
        """Whose limit a clock is: whoever the stage that it measures waits for, the one in which it began above all."""
        started = self.started_by(clock).stage
        provincial = bool(self.recorded.application.get("involves_provincial_department"))
        return holder(self.case, answerable(self.case.procedure, clock.id, started, self.case.statute, provincial))


def acting(case: Case, event: RecordedEvent) -> HolderThen:
    """Who acted in an event, by the organisation that the record names; of one that is no party no name is known."""
    stands, org = holder(case, event.actor.role), event.actor.org
    known = stands.org is None or (org is not None and same_code(org, stands.org))
    return HolderThen(stands.role, org, stands.name if known else None)
