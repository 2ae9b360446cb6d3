"""What the API says of the law: deadlines, and the statutes at a glance."""

from datetime import date, datetime
from typing import Literal

from api.http.schemas import Out


class DueOut(Out):
    """The last day of a limit, and the instant at which it ends."""

    due_date: date
    due_at: datetime
    provisional: bool
    editions: list[str]


class StatuteBrief(Out):
    """A statute at a glance."""

    id: str
    title: dict[Literal["zh", "en"], str]
    document: str | None
    jurisdiction: dict[Literal["zh", "en"], str]
    status: str
    in_force_from: date | None
    digest: str


class StatuteList(Out):
    """The statutes that requests can be filed under."""

    items: list[StatuteBrief]
