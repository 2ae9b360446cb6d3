"""What the HTTP door says of events: the feed of those that go out, receipts and the list of those that came in."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from api.cases.schemas import CaseOut
from api.http.problems import ProblemOut
from api.http.schemas import Out
from ledger.queries.received import Effect


class CloudEventOut(Out):
    """A ledger event as a CloudEvent 1.0. `source` and `id` name it: who has seen them has seen the event."""

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: str
    id: str = Field(description="The request's id and the event's number, such as NANTONG-ABCD/3")
    source: str
    type: str = Field(description="Such as cn.gov.shareflow.request.granted.v1")
    subject: str = Field(description="The request's id")
    time: str = Field(json_schema_extra={"format": "date-time"})
    datacontenttype: str
    sequence: str = Field(description="The event's number in its case, with leading zeros")
    partitionkey: str
    statute: str
    data: dict[str, Any] = Field(description="The event exactly as the ledger holds it, and request_id")


class FeedOut(Out):
    """Some events in order; `next` is where to go on, always."""

    items: list[CloudEventOut]
    next: str


class ReceiptOut(Out):
    """What became of an event. `effect`: it started a case, belongs to one that was there, or was recorded."""

    source: str
    id: str
    type: str
    effect: Effect
    duplicate: bool = Field(description="The same event had been taken in before; nothing was done again.")
    request_id: str | None
    case: CaseOut | None = Field(description="For a request: the case.")


class BatchItem(Out):
    """What became of one event of a batch: its receipt, or why it was not taken."""

    status: int = Field(description="The status that the event alone would have been answered with")
    receipt: ReceiptOut | None = None
    problem: ProblemOut | None = None


class BatchOut(Out):
    """What became of the events of a batch, in their order."""

    items: list[BatchItem]


class SenderOut(Out):
    """Who told an event: the organisation, and the subject of its token."""

    org: str | None
    subject: str


class ReceivedOut(Out):
    """An event that came in, as it came. `digest` is the SHA-256 of its content."""

    source: str
    id: str
    type: str
    subject: str | None
    time: datetime | None
    request_id: str | None
    resource_code: str | None
    effect: Effect
    data: dict[str, Any]
    digest: str
    received_at: datetime
    received_from: SenderOut


class ReceivedPageOut(Out):
    """Some events that came in, the latest first; `next` is the cursor of the following page, null on the last."""

    items: list[ReceivedOut]
    next: str | None
