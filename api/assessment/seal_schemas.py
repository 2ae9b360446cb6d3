"""What the API says of sealed assessments, and takes to seal one."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.assessment.schemas import PeriodIn
from api.http.schemas import Out
from api.operator_acts.schemas import ActingOut
from domain.field_types import VISIBLE_PATTERN, Day, Published, Sha256, Text
from domain.words import ProcedureName

LONGEST_REASON = 4_000
Reason = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_REASON), Published(VISIBLE_PATTERN)]
Move = Literal["came", "went", "moved"]
Figure = int | float | None


class SealIn(PeriodIn):
    """What to seal. `digest` is that of the assessment as you have seen it: what has changed since is not sealed."""

    first: Day = Field(alias="from", description="The first day.")
    last: Day = Field(alias="to", description="The last day, which must not lie ahead.")
    digest: Sha256 = Field(description="What `GET /v1/assessment` says for the same period.")
    reason: Reason = Field(description="Why you seal it; it is kept under your name.")


class SealOut(Out):
    """A seal (封存): who sealed which figures, when and why. `edition` counts the seals of the same scope from 1."""

    number: int
    edition: int
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    department: str | None
    procedure: ProcedureName | None
    statute: str | None
    places: list[str] = Field(description="The places whose cases were assessed; `*`: of all.")
    sealed_at: datetime
    by: ActingOut
    reason: str
    digest: str = Field(description="SHA-256 over the canonical JSON of the scope and the figures.")


class SealPage(Out):
    """Some seals, the newest first; `next` is the cursor of the following page, null on the last."""

    items: list[SealOut]
    next: str | None


class SealedDaysOut(Out):
    """As in an assessment; what is not whole is text, as the digest has it."""

    ended: int
    average: str | None
    median: str | None
    late: int


class SealedRowOut(Out):
    """The figures of a department in one procedure or (`procedure` null) in all, as they were sealed."""

    department: str
    name: str
    procedure: ProcedureName | None
    numbers: dict[str, int]
    law: SealedDaysOut
    policy: SealedDaysOut
    ends: dict[str, int]


class MovedCaseOut(Out):
    """A case by which a figure changed: it `came` to the number, `went` from it, or `moved` otherwise."""

    request_id: str
    move: Move


class SealDifferenceOut(Out):
    """A figure that is another now than it was sealed."""

    department: str
    name: str
    procedure: ProcedureName | None
    label: str = Field(description="The procedure in words.")
    figure: str = Field(description="Such as `late`, `law.average`, `ends.granted`; an open vocabulary.")
    figure_label: str
    sealed: Figure
    present: Figure
    cases: list[MovedCaseOut] = Field(description="The first 50 by their ids.")
    more: int = Field(description="How many more cases moved.")


class SealedOut(SealOut):
    """A seal with its figures, and how they differ from those of now."""

    departments: list[SealedRowOut]
    differences: list[SealDifferenceOut]
    at: datetime = Field(description="When the present figures were taken.")
