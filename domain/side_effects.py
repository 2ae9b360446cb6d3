"""What a workflow asks of the world, by name: the requests that ``workflows`` send and ``activities`` answer.

Both sides know these and not each other.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from domain.cases.application import Application
from domain.cases.records import Clock, ClockOrder
from domain.policy import Policy
from domain.statutes.model import Statute
from domain.words import Outcome, Stage

TASK_QUEUE = "shareflow"

RECORD_STEP = "record_step"
RECOUNT_CLOCKS = "recount_clocks"

KEY_REUSED = "key_reused"
"""The error type of a filing under a key that files something else."""

STALE = "stale"
"""The error type of a command that was meant for an earlier state of the case."""

LEDGER_CONFLICT = "LedgerConflict"
"""The error type of a step that contradicts the ledger: no retry will help, an operator must look."""


class Message(BaseModel):
    """A message between a door, a workflow and an activity. Fields are only ever added."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Filing(Message):
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
    application: Application
    filed_at: datetime
    person: str | None = None
    shift: timedelta = timedelta()
    all_editions: bool = False


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


class CalendarNews(Message):
    """A notice was published (signal): clocks that it changes are superseded."""

    edition: str
    published_at: datetime


class CaseView(Message):
    """A case at a glance, as the workflow holds it (query and answers)."""

    request_id: str
    statute: str
    stage: Stage
    outcome: Outcome | None
    head: int
    clocks: Sequence[Clock]
    next_at: datetime | None = None
    stuck: str | None = None


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
