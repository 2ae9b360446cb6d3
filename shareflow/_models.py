"""What the API answers, as values. Keys that a newer server adds are ignored, new words are plain text."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Answer(BaseModel):
    """A value that the server answered with."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Party(Answer):
    """A department: its unified social credit code or the like, and its name."""

    code: str
    name: str | None = None


class Resource(Answer):
    """The data asked for."""

    code: str
    name: str | None = None
    sharing_class: str | None = None


class Holder(Answer):
    """Somebody whose turn it is."""

    role: str
    role_label: str | None = None
    org: str | None = None
    name: str | None = None


class Clock(Answer):
    """A limit that runs, ran out or was kept.

    ``due_date`` is the last day inside the limit, ``due_at`` the instant at which that day ends. ``basis`` is
    ``statute``, ``policy`` or ``decision``; ``amount`` is counted in ``unit`` (``working_day``, ``month``, ``day``,
    ``date``). ``statute`` is the regulation of the article, which may stand above the case's own.
    """

    number: int
    id: str
    label: str | None = None
    basis: str
    article: str | None = None
    quote: str | None = None
    statute: str | None = None
    started_at: datetime
    amount: int
    unit: str
    due_date: date
    due_at: datetime
    provisional: bool = False
    calendar_edition: str | None = None
    state: str
    ended_at: datetime | None = None
    supersedes: int | None = None


class Wait(Answer):
    """One thing that a case waits for, and since when."""

    reason: str
    since: datetime | None = None


class Stuck(Wait):
    """Why the engine cannot carry a case on: for operators, never a matter of law. ``waits`` are all reasons."""

    waits: tuple[Wait, ...] = ()


class Opened(Answer):
    """A case that another one opened."""

    procedure: str
    procedure_label: str | None = None
    request_id: str


class Case(Answer):
    """A request, or a case of another procedure, and where it stands.

    ``etag`` names this version of it, for ``if_match``. ``opened_by`` is the case that it follows from, ``opens`` are
    those that follow from it. Lists give neither ``etag`` nor ``opens``.
    """

    request_id: str
    procedure: str | None = None
    procedure_label: str | None = None
    opened_by: str | None = None
    opens: tuple[Opened, ...] | None = None
    statute: str
    stage: str
    stage_label: str | None = None
    outcome: str | None = None
    outcome_label: str | None = None
    filed_at: datetime | None = None
    closed_at: datetime | None = None
    head: int
    requester: Party
    provider: Party
    resource: Resource
    overdue: bool = False
    due_at: datetime | None = None
    waiting_for: tuple[Holder, ...] = ()
    clocks: tuple[Clock, ...] = ()
    application: Mapping[str, Any] | None = None
    access: Mapping[str, Any] | None = None
    stuck: Stuck | None = None
    links: Mapping[str, str] = Field(default_factory=dict)
    etag: str | None = None

    @property
    def closed(self) -> bool:
        """Whether it has ended; ``outcome`` says how."""
        return self.outcome is not None

    def clock(self, id: str) -> Clock:
        """The latest clock of that id (``provider_answer`` …). Raises LookupError where none has started."""
        for clock in reversed(self.clocks):
            if clock.id == id:
                return clock
        raise LookupError(f"No clock {id} has started in {self.request_id}.")


class Done(Answer):
    """What a command did: the events that it wrote, and the case after it."""

    request_id: str
    head: int
    events: tuple[str, ...]
    case: Case


class Actor(Answer):
    """Who did something."""

    role: str
    org: str | None = None
    person: str | None = None


class RecordedEvent(Answer):
    """One line of a case's ledger; ``digest`` covers all of it and ``prev``, the digest of the one before.

    Of the person who acted it covers a commitment, made with ``salt``.
    """

    request_id: str | None = None
    seq: int
    at: datetime
    type: str
    actor: Actor
    stage: str
    statute: str | None = None
    article: str | None = None
    data: Mapping[str, Any] = Field(default_factory=dict)
    clock: Clock | None = None
    key: str | None = None
    prev: str | None = None
    digest: str | None = None
    salt: str | None = None


class Page(Answer, Generic[T]):
    """One page; ``next`` is the cursor from which to go on, None where nothing follows."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    items: tuple[T, ...]
    next: str | None = None


class Statute(Answer):
    """A regulation under which requests can be filed; ``title`` is by language (``zh``, ``en``)."""

    id: str
    title: Mapping[str, str] = Field(default_factory=dict)
    document: str | None = None
    status: str | None = None
    in_force_from: date | None = None


class Procedure(Answer):
    """What can be opened: ``required`` names, by statute, what a filing must state; ``request`` is its JSON schema.

    Each of ``commands`` has ``command``, ``by``, ``stages`` and the JSON schema ``fields``.
    """

    procedure: str
    label: str | None = None
    opened_by: tuple[str, ...] = ()
    required: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    request: Mapping[str, Any] = Field(default_factory=dict)
    stages: tuple[Mapping[str, Any], ...] = ()
    commands: tuple[Mapping[str, Any], ...] = ()
    clocks: tuple[Mapping[str, Any], ...] = ()


class Due(Answer):
    """The end of a limit. ``provisional``: it touches a year whose notice is not published yet."""

    due_date: date
    due_at: datetime
    provisional: bool = False
    editions: tuple[str, ...] = ()


class Attachment(Answer):
    """A paper that was brought, known by the digest of its content. ``size`` is in bytes."""

    sha256: str
    sm3: str | None = None
    size: int | None = None
    media_type: str | None = None
    name: str | None = None


class Paper(Answer):
    """A paper that a case gave rise to: its form, or a notice. ``seq`` is the event that the notice tells of."""

    name: str
    title: str | None = None
    kind: str | None = None
    seq: int | None = None
    article: str | None = None
    at: datetime | None = None
    href: str | None = None


class Webhook(Answer):
    """Where events are sent, and which (none named: all). ``secret`` is there when it is new, and only then.

    ``checkpoints``: it is also sent each checkpoint of the log. ``reason`` says why it is disabled;
    ``previous_secret_until`` until when the secret before signs too.
    """

    id: str
    url: str
    events: tuple[str, ...] = ()
    payload: str | None = None
    checkpoints: bool = False
    state: str | None = None
    reason: str | None = None
    since: datetime | None = None
    previous_secret_until: datetime | None = None
    secret: str | None = Field(default=None, repr=False)


class Attempt(Answer):
    """One attempt to send; ``error`` is None when the receiver answered with 2xx."""

    at: datetime
    status: int | None = None
    error: str | None = None
    milliseconds: int | None = None
    response: str | None = None


class Trial(Attempt):
    """How the sending of a test event went: ``delivered`` or ``failed``."""

    id: str
    state: str


class Delivery(Answer):
    """An event on its way to a webhook, with every attempt so far. ``id`` is the event's."""

    id: str
    request_id: str | None = None
    seq: int | None = None
    type: str | None = None
    state: str
    created_at: datetime | None = None
    delivered_at: datetime | None = None
    next_attempt_at: datetime | None = None
    attempts: tuple[Attempt, ...] = ()


class Queued(Answer):
    """How many events are to be sent again."""

    queued: int
