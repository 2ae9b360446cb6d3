"""The messages between doors, workflows and activities.

``workflows`` and ``activities`` both import these and not each other.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from domain.access import EVERYWHERE
from domain.engine.commands import Command
from domain.engine.records import Actor, Algorithm, Clock, ClockOrder, NumberedEvent
from domain.model import Fixed
from domain.words import Outcome, ProcedureName, Stage


class Message(Fixed):
    """A message between a door, a workflow and an activity. Fields are only ever added."""


class CalendarNews(Message):
    """A holiday notice was published (signal): clocks that it changes are superseded."""

    edition: str
    published_at: datetime


class Snapshot(Message):
    """A case as one run of its workflow hands it to the next (continue-as-new).

    ``prev`` is the digest of the last event, ``algorithm`` how digests are computed, ``keys`` are those of recent
    commands. The rest is work left to do: notices to apply, follow-ups to open, and whether to look at the ledger.
    """

    state: Mapping[str, Any]
    prev: str | None = None
    algorithm: Algorithm | None = None
    keys: Mapping[str, str]
    news: Sequence[CalendarNews] = ()
    to_open: Sequence[NumberedEvent] = ()
    nudged: bool = False


class CaseOpening(Message):
    """The message that starts a case of any procedure, with everything that the case will ever need, as data.

    Statute and policy are given by the digests of their texts (:mod:`domain.rule_texts`), which never change.

    ``application`` is what was filed, as plain data that the procedure's ``matter`` validates. ``actor`` opens the
    case, with jurisdiction in ``places``. ``key`` is the caller's idempotency key, ``digest`` that of what was filed
    under it. ``filed_at`` is the instant of receipt. For played cases only: ``shift`` moves the case's clock against
    the server's, and ``all_editions`` makes every calendar edition known from the start.
    """

    request_id: str
    procedure: ProcedureName
    application: Mapping[str, Any]
    actor: Actor
    places: frozenset[str] = frozenset({EVERYWHERE})
    key: str
    digest: str
    statute: str
    statute_digest: str
    policy_digest: str
    filed_at: datetime
    shift: timedelta = timedelta()
    all_editions: bool = False
    opened_by: str | None = None
    """The case that opened this one, if one did."""
    alone: bool = False
    """Whether the case is played alone, so that it finds no other case."""
    asked: str | None = None
    """Identifies the call of a door: a caller that finds it in the answer is the one who filed."""
    snapshot: Snapshot | None = None
    """The state handed over by the previous run; None in the first."""

    @property
    def rule_texts(self) -> tuple[str, ...]:
        """The digests of the case's statute and policy."""
        return self.statute_digest, self.policy_digest


class CaseToOpen(Message):
    """An order to open a follow-up case; idempotent by its request id."""

    procedure: ProcedureName
    request_id: str
    application: Mapping[str, Any]
    opened_by: str | None
    statute: str
    statute_digest: str
    policy_digest: str
    at: datetime
    all_editions: bool = False


class CommandToGive(Message):
    """A command that one case gives to another."""

    request_id: str
    command: Command


class GrantsWanted(Message):
    """A query for the open access grants of a provider's resource."""

    provider: str
    resource: str


class GrantFound(Message):
    """An open access grant, with the department that holds it."""

    request_id: str
    code: str
    name: str


class FilingKey(Message):
    """Which filing a caller means: its key, and the digest of what was filed under it."""

    key: str
    digest: str


class Recount(Message):
    """A request to compute these clocks again with the calendar known on a day (None: all editions)."""

    orders: Sequence[ClockOrder]
    known_on: date | None
    close_of_business: time | None


def caller_key(key: str) -> str:
    """The caller's own part of a recorded key, before the fingerprint of what was sent with it."""
    return key.rpartition("~")[0] or key


class CaseState(Message):
    """The state of a case: the answer to a filing, and the result of its workflow.

    ``asked`` is that of the opening that filed the case just now; None if it was filed before.
    """

    request_id: str
    statute: str
    stage: Stage
    outcome: Outcome | None = None
    head: int
    asked: str | None = None


class CaseView(CaseState):
    """A summary of a case, as its workflow has it (query). ``stuck``: the reasons why it is stuck."""

    clocks: Sequence[Clock]
    next_at: datetime | None = None
    stuck: Sequence[str] = ()


class Answer(Message):
    """The result of a command: the number of the last event it wrote, the types of its events, and the new state.

    ``asked`` is that of the call that was carried out now; None if the command was carried out before. ``repeated`` is
    set by the client.
    """

    head: int
    events: list[str]
    stage: Stage
    outcome: Outcome | None = None
    asked: str | None = None
    repeated: bool = False
