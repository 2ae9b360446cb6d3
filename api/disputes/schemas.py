"""What the API says of disputes."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from api.cases.schemas import CaseOut
from api.http.schemas import Out
from domain.words import Role


class PositionOut(Out):
    """The last that somebody said in a role: at which event, and its parts by name."""

    role: Role
    role_label: str
    at: datetime
    event: str
    event_label: str
    said: dict[str, Any]


class NextInstanceOut(Out):
    """Who comes next by the text, with the clause that says so."""

    instance: str
    instance_label: str
    body: str
    article: str
    quote: str
    statute: str
    necessity: bool = Field(description="Only where whoever refers it states that it is necessary.")


class DisputeOut(Out):
    """A dispute (争议): a case, before whom it stands and since when, what each side said last, and who comes next."""

    case: CaseOut
    instance: str = Field(description="`negotiation`, `coordination` or `final_instance`.")
    instance_label: str
    since: datetime
    rounds: int = Field(description="How often something was proposed.")
    due_date: date | None = Field(description="The last day of the instance's limit; null where none runs.")
    positions: list[PositionOut]
    next_instance: NextInstanceOut | None


class DisputePage(Out):
    """Some disputes, the soonest due first; `next` is the cursor of the following page, null on the last."""

    items: list[DisputeOut]
    next: str | None
