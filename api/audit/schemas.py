"""What auditors are answered."""

from datetime import date, datetime

from pydantic import Field

from api.cases.schemas import ClockOut, EventOut, HolderOut
from api.http.schemas import Out
from audit.findings.finding import FindingKind
from domain.clocks import ClockId
from domain.words import CommandName, Outcome, Role, Stage


class PastOut(Out):
    """Where a case stood at an instant, and whose move it was."""

    request_id: str
    statute: str
    at: datetime
    filed_at: datetime
    stage: Stage
    stage_label: str
    outcome: Outcome | None
    outcome_label: str | None
    waits_for: list[HolderOut]


class KnownNowOut(Out):
    """A limit whose last day, or certainty, is another by the calendar as it is known now.

    `late_then` and `late_now`: whether the act was late, or still missing when it was due, by either count.
    """

    number: int
    id: ClockId
    label: str
    due_date_then: date
    due_date_now: date
    due_at_now: datetime
    provisional_then: bool
    provisional_now: bool
    days: int = Field(description="How many calendar days later the last day is now.")
    late_then: bool
    late_now: bool


class ClockChangeOut(Out):
    """A limit that ran at both instants, as it was at the later one, and its state at the earlier."""

    before: str
    after: ClockOut


class DifferenceOut(Out):
    """What changed from the earlier of two instants to the later.

    `gained` and `lost` are the commands that each role might give later and not before, and the other way round.
    """

    before: PastOut
    after: PastOut
    gained: dict[Role, list[CommandName]]
    lost: dict[Role, list[CommandName]]
    started: list[ClockOut]
    changed: list[ClockChangeOut]
    events: list[EventOut]


class CaseReplayOut(PastOut):
    """A case as it stood at an instant, by the rules under which it was filed.

    `allowed` are the commands that each role might give; `known_now` the limits that are others as known now;
    `difference` is there where another instant was named.
    """

    allowed: dict[Role, list[CommandName]]
    clocks: list[ClockOut]
    known_now: list[KnownNowOut]
    events: list[EventOut]
    difference: DifferenceOut | None


class PastPage(Out):
    """Cases as they stood at an instant, the latest filing first; `next` is the cursor of the following page."""

    items: list[PastOut]
    next: str | None


class FindingOut(Out):
    """What a record shows to be against the text, by which article, and who it is about.

    `seq` and `at` are the event that shows it; of a disposal the event that ended the case, and when it was done.
    `working_days_late` is null where it is not lateness that was found.
    """

    kind: FindingKind
    label: str
    request_id: str
    seq: int
    at: datetime
    statute: str
    article: str | None
    clock: ClockId | None
    who: HolderOut
    working_days_late: int | None
    found: str = Field(description="What was found, as a sentence.")
    should_have_been: str


class FindingList(Out):
    """What was found in the cases of a page; there may be nothing although more follow: `next` says whether."""

    items: list[FindingOut]
    next: str | None
