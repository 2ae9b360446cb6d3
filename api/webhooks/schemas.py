"""What the HTTP door says and takes about webhooks."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.http.schemas import Out, PatchIn
from background.webhooks.guard import LONGEST_URL
from background.webhooks.queries.subscriptions import DisabledFor, WebhookPayload, WebhookState
from domain.field_types import Published
from domain.words import EventType

URL_PATTERN = r"^[Hh][Tt][Tt][Pp][Ss]?://[!-\"$-.0->A-~]+([/?][!-\"$-~]*)?$"
"""An address with a host, without credentials and fragment. Where it leads is looked at when it is named."""
Url = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_URL), Published(URL_PATTERN)]
_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
POSITION_PATTERN = f"^([A-Za-z0-9_-]+|{_INSTANT})$"
"""A word or a cursor, or an instant with its offset."""
Types = Annotated[list[EventType], Field(max_length=len(EventType))]

URL = "Where to send: an https address on the open Internet, or one that the operator allows."
TYPES = "Only these types of event; all when none is named."
PAYLOAD = "`thin`: which event it was and where to read it; `full`: the event as the ledger holds it."

CHECKPOINTS = "Also be sent each new checkpoint of the log, as `cn.gov.shareflow.checkpoint.made.v1`."


class WebhookIn(BaseModel):
    """A webhook to be made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Url = Field(description=URL)
    events: Types = Field(default=[], description=TYPES)
    payload: WebhookPayload = Field(default=WebhookPayload.THIN, description=PAYLOAD)
    checkpoints: bool = Field(default=False, description=CHECKPOINTS)
    begin: Literal["now", "start"] = Field(
        default="now",
        alias="from",
        description="`start`: also everything that was recorded before and is yours to see.",
    )


class WebhookChange(PatchIn):
    """What is to change; all else stays as it is."""

    url: Url = Field(default="", description=URL)
    events: Types = Field(default=[], description=TYPES)
    payload: WebhookPayload = Field(default=WebhookPayload.THIN, description=PAYLOAD)
    checkpoints: bool = Field(default=False, description=CHECKPOINTS)
    state: WebhookState = Field(
        default=WebhookState.ACTIVE, description="`disabled` collects and sends nothing; `active` goes on from there."
    )


class ReplayIn(BaseModel):
    """From where on to send again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: Annotated[str, StringConstraints(min_length=1, max_length=400), Published(POSITION_PATTERN)] = Field(
        alias="from", description="An instant with its offset, a `next` of `GET /v1/events`, or `start`."
    )


class WebhookLinks(Out):
    """Where to go on from here; relative to the API's address."""

    self: str
    deliveries: str


class WebhookOut(Out):
    """A webhook. It is told of the cases that its maker could see when it was made."""

    id: str
    org: str
    url: str
    events: list[EventType]
    payload: WebhookPayload
    checkpoints: bool
    state: WebhookState
    state_label: str
    reason: DisabledFor | None = Field(description="Why it is disabled.")
    reason_label: str | None
    since: datetime = Field(description="Since when it is in this state.")
    previous_secret_until: datetime | None = Field(description="Until when the secret before signs too.")
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime
    links: WebhookLinks


class WebhookWithSecret(WebhookOut):
    """A webhook with its new secret, which is shown this once."""

    secret: str


class WebhookList(Out):
    """All webhooks of the organisation that are the caller's to manage; `next` is always null."""

    items: list[WebhookOut]
    next: None = None


class AttemptOut(Out):
    """One attempt to send. `error` is null when the receiver answered with 2xx."""

    at: datetime
    status: int | None = Field(description="What the receiver answered with; null when it did not answer.")
    error: str | None
    error_label: str | None
    milliseconds: int
    response: str = Field(description="The beginning of what was answered.")


class TrialOut(AttemptOut):
    """How the sending of a test event went."""

    id: str = Field(description="The test event's id, and its `webhook-id`.")
    state: Literal["delivered", "failed"]


class DeliveryOut(Out):
    """One event on its way to a webhook, with every attempt so far."""

    id: str = Field(description="The event's id, and its `webhook-id`: such as NANTONG-ABCD/3.")
    request_id: str
    seq: int
    type: EventType
    state: Literal["pending", "delivered"]
    created_at: datetime = Field(description="When the event was recorded; a replay from this instant sends it again.")
    delivered_at: datetime | None
    next_attempt_at: datetime | None = Field(description="When the oldest pending event of its case is tried next.")
    attempts: list[AttemptOut]


class DeliveryPage(Out):
    """Some deliveries, latest event first; `next` is the cursor of the following page, null on the last."""

    items: list[DeliveryOut]
    next: str | None


class ReplayOut(Out):
    """How many events are to be sent again."""

    queued: int
