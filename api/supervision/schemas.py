"""What the API says to those who supervise: numbers, each with the way to exactly its cases."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from api.cases.schemas import CaseOut
from api.dependencies import StatuteId
from api.http.schemas import Out
from domain.field_types import Code
from domain.words import ProcedureName, Role, Stage, Urgency
from ledger.queries.supervising import Chosen
from ledger.standing import LADDER

Colour = Literal["green", "amber", "red", "grey"]


class NumbersOut(Out):
    """How many open cases have something in common, in all and by light. `cases` is the way to exactly these."""

    value: str
    label: str
    total: int
    green: int = Field(description="In time.")
    amber: int = Field(description="Nearly due: warned of, or on its last day.")
    red: int = Field(description="Overdue.")
    grey: int = Field(description="No limit runs.")
    cases: str


class ComingDayOut(Out):
    """A coming day, and in how many cases a limit ends on it."""

    date: date
    working_day: bool
    ends: int
    cases: str


class DutyNumbersOut(Out):
    """How the duties of a department in one period stand; `period` is `event` where a duty follows an event."""

    department: str
    name: str
    period: str
    standing: str = Field(description="`open`, `overdue`, or the outcome; an open vocabulary.")
    label: str
    total: int
    cases: str


class SupervisionOut(Out):
    """How many open cases stand where (监督), at an instant. `rungs` are the highest that cases were urged at."""

    at: datetime
    all: NumbersOut
    stages: list[NumbersOut]
    departments: list[NumbersOut] = Field(
        description="Those that are waited for; those of the list without a case too."
    )
    organs: list[NumbersOut] = Field(description="Where no department is waited for.")
    statutes: list[NumbersOut]
    procedures: list[NumbersOut]
    ages: list[NumbersOut]
    rungs: list[NumbersOut]
    coming: list[ComingDayOut]
    duties: list[DutyNumbersOut]


class SupervisedPage(Out):
    """Some of the cases that a number counts; `total` is that number."""

    total: int
    items: list[CaseOut]
    next: str | None


def _nothing(value: object) -> object:
    return None if value == "" else value


class ChosenIn(BaseModel):
    """Which cases a number counts: all that is named must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    light: Annotated[Colour | None, BeforeValidator(_nothing)] = None
    stage: Annotated[Stage | None, BeforeValidator(_nothing)] = None
    statute: Annotated[StatuteId | None, BeforeValidator(_nothing)] = None
    procedure: Annotated[ProcedureName | None, BeforeValidator(_nothing)] = None
    age: Literal["week", "month", "quarter", "half_year", "older"] | None = None
    rung: Urgency | Literal["none"] | None = None
    department: Code | None = Field(default=None, description="The department that is waited for, or whose duty it is.")
    awaited: Literal[Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT, Role.PLATFORM] | None = None
    ends_on: date | None = Field(default=None, description="A day on which a limit ends.")
    duty: Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z_]+$")] | None = Field(
        default=None, description="Duties that stand so: `open`, `overdue`, or an outcome."
    )
    period: Annotated[str, StringConstraints(max_length=10, pattern=r"^[0-9A-Za-z-]+$")] | None = None

    def chosen(self) -> Chosen:
        """All that was named, as the question that the ledger is asked."""
        named = {name: value for name in ChosenIn.model_fields if (value := getattr(self, name)) is not None}
        if self.rung is not None:
            named["rung"] = 0 if self.rung == "none" else 1 + LADDER.index(self.rung)
        return Chosen(**named)
