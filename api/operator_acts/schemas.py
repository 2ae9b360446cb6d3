"""Acts of those who run the engine as the HTTP door shows them."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.http.schemas import Out
from domain.words import Role


class ActingOut(Out):
    """Who acted."""

    subject: str
    org: str | None
    roles: list[Role]


class OperatorActOut(Out):
    """An act as it is recorded: `digest` covers all of it but the labels, and `prev` is that of the act before."""

    number: int
    at: datetime
    kind: str = Field(description="What was done; an open vocabulary.")
    kind_label: str
    by: ActingOut
    target: str = Field(description="What it was done to, such as webhook/wh_1 or calendar/2027.")
    target_label: str = Field(description="The same in words.")
    request_id: str | None = Field(description="The case that it is about, if any.")
    reason: str | None
    details: dict[str, Any]
    prev: str
    digest: str


class OperatorActPage(Out):
    """Some acts, the newest first; `next` is the cursor of the following page, null on the last."""

    items: list[OperatorActOut]
    next: str | None
