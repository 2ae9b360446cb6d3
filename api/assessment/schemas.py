"""What the API says of an assessment: a row for each department and procedure, each number with its cases."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.cases.schemas import CaseOut
from api.dependencies import StatuteId
from api.http.schemas import Out
from domain.field_types import Code, Day
from domain.words import ProcedureName
from ledger.queries.assessed_parts import Measure


class DaysOut(Out):
    """Limits of one basis that were kept or missed, and how many working days they took from their beginning."""

    ended: int = Field(description="How many have ended.")
    average: float | None = Field(description="Working days, to a tenth; null where none has ended.")
    median: float | None
    late: int = Field(description="Working days over their last day, those of limits that are overdue now included.")


class AssessedOut(Out):
    """What came of the cases that a department had a part in, in one procedure or (`procedure` null) in all.

    `numbers` are cases, by measure; an open vocabulary. `ends` are the disputed ones by outcome, `open` among them.
    """

    department: str
    name: str
    procedure: ProcedureName | None
    label: str = Field(description="The procedure in words.")
    numbers: dict[str, int]
    law: DaysOut = Field(description="Limits of a text, or of a decision under one.")
    policy: DaysOut = Field(description="Limits that the operator alone has set.")
    ends: dict[str, int]
    cases: dict[str, str] = Field(description="The way to exactly the cases of each number.")


class AssessmentOut(Out):
    """The cases that were filed from the first day to the last, both in Asia/Shanghai, as they stood at `at`."""

    at: datetime
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    departments: list[AssessedOut] = Field(description="Each department in all procedures, then in each.")
    digest: str = Field(description="SHA-256 over the figures and what was assessed: what a seal of them must name.")


class AssessedPage(Out):
    """Some of the cases that a number counts; `total` is that number."""

    total: int
    items: list[CaseOut]
    next: str | None


def _nothing(value: object) -> object:
    return None if value == "" else value


class PeriodIn(BaseModel):
    """Which cases are assessed; without days those that were filed this year."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    first: Annotated[Day | None, BeforeValidator(_nothing)] = Field(None, alias="from", description="The first day.")
    last: Annotated[Day | None, BeforeValidator(_nothing)] = Field(None, alias="to", description="The last day.")
    department: Annotated[Code | None, BeforeValidator(_nothing)] = None
    procedure: Annotated[ProcedureName | None, BeforeValidator(_nothing)] = None
    statute: Annotated[StatuteId | None, BeforeValidator(_nothing)] = None


class AssessedIn(PeriodIn):
    """Which of them a number counts."""

    measure: Measure = Field("all", description="Of which number.")
