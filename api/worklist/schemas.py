"""What the API says of the division of work within a department, and takes."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from api.http.schemas import Out
from domain.field_types import Day, Given, ShortText, Text
from domain.words import Stage

Officer = Annotated[Given, StringConstraints(max_length=200)]


class DeedOut(Out):
    """Something that you did in a case; `stage` is where the case stands now."""

    request_id: str
    procedure: str
    procedure_label: str
    resource: str
    stage: Stage
    stage_label: str
    at: datetime
    event: str
    event_label: str


class DeedList(Out):
    """The last things that you did, the newest first."""

    items: list[DeedOut]


class HandOverIn(BaseModel):
    """To whom a case is handed over, and why; `holder` is who has it as you know, null when nobody does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Officer
    reason: Annotated[Text, StringConstraints(min_length=1)]
    holder: ShortText | None = None


class StandInIn(BaseModel):
    """Who stands in for whom, from a day to another, both inclusive. `absent` left out: for you."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    absent: Officer | None = None
    substitute: Officer
    first_day: Day
    last_day: Day
    reason: Text | None = None


class StandInOut(Out):
    """Somebody stands in for an absent colleague of the department."""

    id: int
    absent: str
    substitute: str
    first_day: date
    last_day: date
    by: str
    reason: str | None


class StandInList(Out):
    """The stand-ins of your department that are not over."""

    items: list[StandInOut]
