"""What a workflow asks of the world, by name: the requests that ``workflows`` send and ``activities`` answer.

Both sides know these and not each other.
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
    """A notice was published (signal): clocks that it changes are superseded."""

    edition: str
    published_at: datetime


class Snapshot(Message):
    """A case as one run of its workflow hands it to the next.

    Its state, the digest of its last event and how digests are computed, the keys of the commands seen lately, and the
    work left: notices to count again by, cases to open, and whether somebody has said to look at the ledger.
    """

    state: Mapping[str, Any]
    prev: str | None = None
    algorithm: Algorithm | None = None
    keys: Mapping[str, str]
    news: Sequence[CalendarNews] = ()
    to_open: Sequence[NumberedEvent] = ()
    nudged: bool = False


class CaseOpening(Message):
    """What starts a case of any procedure: everything that it needs to live enters once, as data, and stays.

    The statute and the policy enter by the digests of their texts (:mod:`domain.rule_texts`), which never change.

    ``application`` is what was filed, as plain data that the procedure's matter reads. ``actor`` opens the case, with
    jurisdiction in ``places``. ``key`` is the caller's, ``digest`` that of what was filed under it. ``filed_at`` is
    the instant of receipt. ``shift`` moves the case's clock against the server's, for played cases alone.
    ``all_editions`` lets a played case know every calendar edition from the start.
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
    """The case that this one follows from."""
    alone: bool = False
    """A case played alone finds no other case, whatever else is played beside it."""
    asked: str | None = None
    """Tells one call of a door from another: whoever reads it in the answer was the one who filed."""
    snapshot: Snapshot | None = None
    """What an earlier run has made of it; None in the first."""

    @property
    def rule_texts(self) -> tuple[str, ...]:
        """The digests of the texts that the case rests on."""
        return self.statute_digest, self.policy_digest


class CaseToOpen(Message):
    """Another case that follows from one, to be started once however often it is asked."""

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


class CaseState(Message):
    """Where a case stands: what a filing is answered with, and what its workflow ends with.

    ``asked`` is that of the opening that filed it now; None when it was filed before.
    """

    request_id: str
    statute: str
    stage: Stage
    outcome: Outcome | None = None
    head: int
    asked: str | None = None


class CaseView(CaseState):
    """A case at a glance, as the workflow holds it (query). ``stuck``: each reason that holds it up."""

    clocks: Sequence[Clock]
    next_at: datetime | None = None
    stuck: Sequence[str] = ()


class Answer(Message):
    """What a command did: the last event it wrote, the kinds of its events, and where the case stands after it.

    ``asked`` is that of the call that was carried out now; None when the command was carried out before. ``repeated``
    is the client's to say.
    """

    head: int
    events: list[str]
    stage: Stage
    outcome: Outcome | None = None
    asked: str | None = None
    repeated: bool = False
