"""What the API says of the calendar of working days, of its notices, and of what a new one would change."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.http.schemas import Out
from api.law.schemas import DueOut

LONGEST_EDITION = 256 * 1024
"""Of an edition's file, in characters: a notice has about thirty days, and needs a hundredth of it."""


class CalendarDayOut(Out):
    """A day by itself, and why it is a working day or none; `edition` is the notice that says so, if one does."""

    date: date
    weekday: int = Field(description="1 for Monday to 7 for Sunday.")
    working: bool
    code: str
    why: str
    edition: str | None
    provisional: bool


class NoticeOut(Out):
    """A notice (放假安排通知): of which year, when it was published, what it amends, and where its text stands."""

    id: str
    year: int
    title: str
    document: str | None
    notice: str
    published: date
    amends: str | None
    days_off: int
    make_up_days: int


class CalendarYearOut(Out):
    """A year day by day, as known on a day. `provisional`: no notice of the year was known, so that the weekends and
    the festivals of the holiday regulation are off, and there are no make-up days."""

    year: int
    as_known_on: date | None
    provisional: bool
    working_days: int
    notices: list[NoticeOut]
    days: list[CalendarDayOut]


class ExplainedDayOut(CalendarDayOut):
    """A day of a limit: `number` is which day of the limit it is, null where it does not count."""

    number: int | None


class ExplainedDueOut(DueOut):
    """When a limit ends, with every day from the start to its last day."""

    days: list[ExplainedDayOut]


class PublicationOut(Out):
    """How the publication of an edition goes: limits it was expected to supersede, and those it has by now."""

    edition: str
    stored_at: datetime
    by: str
    expected: int
    superseded: int
    finished_at: datetime | None


class KnownNoticeOut(NoticeOut):
    """A notice, with its publication where it was published here."""

    publication: PublicationOut | None


class NoticeList(Out):
    """The notices that are known here, in the order of their publication."""

    items: list[KnownNoticeOut]


class EditionIn(BaseModel):
    """An edition of the calendar, as the text of its JSON file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edition: Annotated[str, StringConstraints(min_length=2, max_length=LONGEST_EDITION)]


class PreviewedEditionIn(EditionIn):
    """An edition whose impact was seen, with the digest that this named."""

    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class MovedOut(Out):
    """A limit that would end on another day, or whose certainty changes."""

    request_id: str
    number: int
    clock: str
    clock_label: str
    procedure: str
    procedure_label: str
    statute: str
    department: str
    due_date: date
    due_date_then: date
    days: int
    superseded: bool = Field(description="False: it had ended before, and stays as it is.")
    newly_overdue: bool
    becomes_certain: bool
    becomes_provisional: bool


class ImpactOut(Out):
    """What an edition would change of the limits that are open; changes nothing. `digest` names exactly this edition.

    `moved` are the first of the limits that it touches, the earliest due first; `more` whether there are others.
    `in_force`: the edition is in the calendar already.
    """

    edition: NoticeOut
    digest: str
    in_force: bool
    as_of: datetime
    open_clocks: int
    totals: dict[str, int]
    moves: dict[str, int] = Field(description="How many limits move by how many calendar days.")
    groups: list[dict[str, Any]]
    moved: list[MovedOut]
    more: bool
