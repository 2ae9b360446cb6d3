"""What a workflow asks of the world, by name: the requests that ``workflows`` send and ``activities`` answer.

Both sides know these and not each other.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from domain.access import EVERYWHERE
from domain.cases.application import Application
from domain.cases.commands import Command
from domain.cases.records import Actor, Clock, ClockOrder, RecordedEvent
from domain.cases.turn import Refused
from domain.policy import Policy
from domain.statutes.model import Statute
from domain.words import Outcome, ProcedureName, Stage

TASK_QUEUE = "shareflow"

WORKFLOWS: Mapping[ProcedureName, str] = {
    ProcedureName.SHARE_REQUEST: "ShareRequest",
    ProcedureName.DEMAND: "Demand",
    ProcedureName.ACCESS_GRANT: "AccessGrant",
    ProcedureName.DATA_CORRECTION: "DataCorrection",
    ProcedureName.RECTIFICATION: "Rectification",
    ProcedureName.RESOURCE_WITHDRAWAL: "ResourceWithdrawal",
    ProcedureName.CATALOGUE_CHANGE: "CatalogueChange",
    ProcedureName.PERIODIC_DUTY: "PeriodicDuty",
}
"""The workflow that carries each procedure, by the name under which Temporal knows it."""

RECORD_STEP = "record_step"
RECOUNT_CLOCKS = "recount_clocks"
OPEN_CASE = "open_case"
GIVE_COMMAND = "give_command"
FIND_GRANTS = "find_grants"
FIND_CASE = "find_case"
PLAN_ROUND = "plan_round"

DUTY_ROUND = "DutyRound"
"""The workflow that opens the cases of a duty's period, by the name under which Temporal knows it."""

STUCK_REASON = "StuckReason"
"""The search attribute in which a case says what it waits for: every reason, none when it waits for nothing."""

KEY_REUSED = "key_reused"
"""The error type of a filing under a key that files something else."""

STALE = "stale"
"""The error type of a command that was meant for an earlier state of the case."""

ROUND_INCOMPLETE = "round_incomplete"
"""The error type of a round that could not open everything; its details are the round's result."""

CANNOT_BE_PLANNED = "round_cannot_be_planned"
"""The error type of a round that cannot be planned: for good, or until a file is mended."""

OVERTAKEN = "AcceptedUpdateCompletedWorkflow"
"""Temporal's error type of a command that was under way when its case ended: the ledger knows what came of it."""

BUSY = "busy"
"""A step of this case is being recorded: ask again in a moment. Nothing was refused and nothing done."""

LEDGER_CONFLICT = "LedgerConflict"
"""The error type of a step that contradicts the ledger: no retry will help, an operator must look."""


class Message(BaseModel):
    """A message between a door, a workflow and an activity. Fields are only ever added."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CalendarNews(Message):
    """A notice was published (signal): clocks that it changes are superseded."""

    edition: str
    published_at: datetime


class Carried(Message):
    """A case as one run of its workflow hands it to the next.

    Its state, the keys of the commands seen lately, and the work left: notices to count again by, cases to open, and
    whether somebody has said to look at the ledger.
    """

    state: Mapping[str, Any]
    keys: Mapping[str, str]
    news: Sequence[CalendarNews] = ()
    to_open: Sequence[RecordedEvent] = ()
    nudged: bool = False


class Entry(Message):
    """Everything a case needs to live: it enters once, as data, and stays.

    ``filed_at`` is the instant of receipt. ``shift`` moves the case's clock against the server's, for played
    cases alone. ``all_editions`` lets a played case know every calendar edition from the start.
    """

    request_id: str
    key: str
    digest: str
    statute: Statute
    statute_digest: str
    policy: Policy
    filed_at: datetime
    person: str | None = None
    shift: timedelta = timedelta()
    all_editions: bool = False
    opened_by: str | None = None
    """The case that this one follows from."""
    alone: bool = False
    """A case played alone finds no other case, whatever else is played beside it."""
    carried: Carried | None = None
    """What an earlier run has made of it; None in the first."""


class Filing(Entry):
    """What starts a share request."""

    application: Application


class Opening(Entry):
    """What starts a case of any other procedure. ``actor`` opens it, with jurisdiction in ``places``."""

    procedure: ProcedureName
    application: Mapping[str, Any]
    actor: Actor
    places: frozenset[str] = frozenset({EVERYWHERE})


class CaseToOpen(Message):
    """Another case that follows from one, to be started once however often it is asked."""

    procedure: ProcedureName
    request_id: str
    application: Mapping[str, Any]
    opened_by: str | None
    statute: Statute
    statute_digest: str
    policy: Policy
    at: datetime
    all_editions: bool = False


class CommandToGive(Message):
    """A command of one case to another."""

    request_id: str
    command: Command


class GrantsWanted(Message):
    """Which open access grants are meant: those of a provider's resource."""

    provider: str
    resource: str


class GrantFound(Message):
    """An open access grant and whose it is."""

    request_id: str
    code: str
    name: str


class RoundOrder(Message):
    """A round of a duty: a case for everybody bound to it, in one period.

    ``period`` and ``department`` are there in a round by hand; a schedule's takes the period that begins, and all
    departments. ``name`` is the department's where the list of departments does not have it.
    """

    statute: str
    duty: str
    period: str | None = None
    department: str | None = None
    name: str | None = None


class RoundWanted(Message):
    """What is to be planned: a round, and the day it stands for."""

    order: RoundOrder
    day: date


class RoundPlan(Message):
    """The cases of a round: those to be opened, as what is filed by case, and those that are in the ledger already."""

    statute: Statute
    statute_digest: str
    policy: Policy
    period: str
    to_open: Mapping[str, Mapping[str, Any]]
    there: Sequence[str] = ()


class RoundResult(Message):
    """What came of a round: the cases opened now, those that were there, and why others could not be opened.

    ``refused`` by the rules, for good; ``failed`` because something was away.
    """

    period: str
    opened: Sequence[str] = ()
    there: Sequence[str] = ()
    refused: Mapping[str, "RefusalNote"] = {}
    failed: Mapping[str, str] = {}


class FilingKey(Message):
    """Which filing a caller means: its key, and the digest of what was filed under it."""

    key: str
    digest: str


class Recount(Message):
    """Work out these clocks again with the calendar as known on a day (None: all editions)."""

    orders: Sequence[ClockOrder]
    known_on: date | None
    close_of_business: time | None


def caller_key(key: str) -> str:
    """The caller's own part of a recorded key, before the fingerprint of what was sent with it."""
    return key.rpartition("~")[0] or key


class CaseView(Message):
    """A case at a glance, as the workflow holds it (query and answers). ``stuck``: each reason that holds it up."""

    request_id: str
    statute: str
    stage: Stage
    outcome: Outcome | None
    head: int
    clocks: Sequence[Clock]
    next_at: datetime | None = None
    stuck: Sequence[str] = ()


class Answer(Message):
    """What a command did: the last event it wrote and the case after it."""

    head: int
    events: Sequence[str]
    case: CaseView
    repeated: bool = False


class RefusalNote(Message):
    """Why a filing or command was refused, as it travels in an error's details.

    ``statute`` is the regulation in which the article stands, else the case's; ``regulation`` is there only when
    that is one above the case's own statute.
    """

    code: str
    article: str | None = None
    quote: str | None = None
    statute: str | None = None
    regulation: str | None = None
    details: Mapping[str, Any] = {}


def refusal_note(refusal: Refused, statute: str) -> RefusalNote:
    """A refusal by the rules in a case under a statute, as it travels."""
    return RefusalNote(
        code=refusal.code.value,
        article=refusal.article,
        quote=refusal.clause.quote if refusal.clause else None,
        statute=refusal.statute or statute,
        regulation=refusal.statute,
        details=dict(refusal.details),
    )


RoundResult.model_rebuild()
