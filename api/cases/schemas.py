"""What the API says of cases, their clocks and events, and takes: openings and commands."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.cases.filing_schemas import InForce
from api.http.schemas import Out
from domain.clocks import ClockId
from domain.engine.filed import Filed
from domain.validation_messages import own_reason
from domain.words import Basis, ClockState, CommandName, Outcome, ProcedureName, Role, SharingClass, Stage, Unit


class PartyOut(Out):
    """A department, by its unified social credit code."""

    code: str
    name: str


class ResourceOut(Out):
    """The catalogue entry that is asked for."""

    code: str
    name: str
    sharing_class: SharingClass | None


class HolderOut(Out):
    """Who must act next: the role, and the organisation or organ that holds it."""

    role: Role
    role_label: str
    org: str | None
    name: str | None


class ClockOut(Out):
    """A limit (时限). `due_date` is its last day, `due_at` the instant at which that day ends."""

    number: int
    id: ClockId
    label: str
    basis: Basis = Field(
        description="`statute`: set by law, with article and quote; `policy`: set by the operator; "
        "`decision`: set in this very case by whom the article empowers."
    )
    article: str | None
    quote: str | None
    statute: str | None = Field(description="The regulation of the article: the case's own, or one above it.")
    started_at: datetime
    amount: int
    unit: Unit
    due_date: date
    due_at: datetime
    provisional: bool
    calendar_edition: str
    state: ClockState
    ended_at: datetime | None
    supersedes: int | None


class WaitOut(Out):
    """One thing that holds a case up."""

    reason: str
    since: datetime


class StuckOut(WaitOut):
    """Why the engine, not a person, holds the case up: the oldest reason, and all of them under `waits`."""

    waits: list[WaitOut]


class AccessOut(Out):
    """What the platform told of the access: when it was opened, when last used, and how often."""

    opened_at: datetime | None
    last_used_at: datetime | None
    uses: int


class OpenedOut(Out):
    """A case that another one opened: what followed from it (转立事项)."""

    procedure: str
    procedure_label: str
    request_id: str


class ClaimOut(Out):
    """Who of your department does a case (认领): an internal division of work, which restricts nobody."""

    officer: str
    since: datetime
    by: str = Field(description="Who claimed it or handed it over.")
    yours: bool = Field(description="You have it, or somebody for whom you stand in today.")


class LinksOut(Out):
    """Where to go on from here; relative to the API's address."""

    self: str
    events: str
    clocks: str
    commands: str
    documents: str


class CaseOut(Out):
    """A case (事项) as the ledger has it. `head` is the number of its last event."""

    request_id: str
    procedure: str
    procedure_label: str
    opened_by: str | None = Field(description="The case that this one follows from.")
    opens: list[OpenedOut] | None = Field(
        default=None, description="The cases that follow from this one; in single cases only."
    )
    statute: str
    stage: Stage
    stage_label: str
    outcome: Outcome | None
    outcome_label: str | None
    filed_at: datetime
    closed_at: datetime | None
    head: int
    requester: PartyOut
    provider: PartyOut
    resource: ResourceOut
    overdue: bool
    due_at: datetime | None
    waiting_for: list[HolderOut]
    clocks: list[ClockOut]
    application: dict[str, Any] | None = Field(default=None, description="As filed; in single cases only.")
    access: AccessOut | None = Field(default=None, description="What the platform told; in single cases only.")
    stuck: StuckOut | None
    claim: ClaimOut | None = Field(default=None, description="Who of your department does it; in the worklist only.")
    links: LinksOut


class CasePage(Out):
    """Some cases; `next` is the cursor of the following page, null on the last."""

    items: list[CaseOut]
    next: str | None


class ClockList(Out):
    """All clocks of a case in the order in which they started."""

    items: list[ClockOut]


class EventOut(Out):
    """One line of the ledger (台账记录), word for word."""

    model_config = ConfigDict(frozen=True, extra="allow")

    seq: int
    at: str = Field(json_schema_extra={"format": "date-time"})
    type: str
    actor: dict[str, Any]
    stage: str
    statute: str
    article: str | None
    data: dict[str, Any]
    clock: dict[str, Any] | None
    key: str | None
    prev: str
    digest: str
    salt: str | None = Field(
        default=None,
        exclude_if=lambda salt: salt is None,
        description="Of the commitment that the digest covers in the place of `actor.person`; only where there is one.",
    )


class EventList(Out):
    """Events of a case in order; `next` is what to give as `after` for more, null when there are none."""

    items: list[EventOut]
    next: int | None


class AnswerOut(Out):
    """What a command did: the events it wrote, the last one's number, and the case after it."""

    request_id: str
    head: int
    events: list[str]
    case: CaseOut


class OpeningIn(Filed):
    """A case to be opened: its procedure, its statute, and what is filed. `as` says in which of your roles."""

    # FastAPI builds the check of a body with warnings off; put off, it would be built with them on.
    model_config = ConfigDict(defer_build=False)

    procedure: ProcedureName
    statute: InForce | None = Field(
        default=None,
        description="A statute's id. Left out: the text in force in the jurisdiction on the day of opening.",
    )
    jurisdiction: InForce | None = Field(
        default=None,
        description="A place, such as `nantong`. Left out: the place of the statute, or the one in the caller's token.",
    )
    as_role: Role | None = Field(default=None, alias="as")
    request: dict[str, Any] = Field(description="What is filed; GET /v1/procedures has the schema of each procedure.")


IN_ONE_PLACE: dict[str, Any] = {
    "dependentSchemas": {
        "with": {
            "anyOf": [
                {"properties": {"with": {"type": "null"}}},
                {"propertyNames": {"enum": ["command", "as", "with"]}},
            ]
        }
    }
}
"""What is published of a command: where `with` says something, nothing stands beside."""


class CommandIn(BaseModel):
    """A command: its name, and its fields beside it or under `with`. `as` says in which of your roles."""

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=IN_ONE_PLACE)

    command: CommandName
    as_role: Role | None = Field(default=None, alias="as")
    with_: dict[str, Any] | None = Field(default=None, alias="with")

    @model_validator(mode="after")
    def _in_one_place(self) -> "CommandIn":
        if self.with_ is not None and self.model_extra:
            raise own_reason("fields_in_two_places")
        return self

    def fields(self) -> dict[str, Any]:
        """What is said with the command, wherever it was written."""
        return self.with_ if self.with_ is not None else dict(self.model_extra or {})
