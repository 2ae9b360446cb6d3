"""What the HTTP door says of what is stuck, and takes."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.http.schemas import Out
from domain.stuck import LONGEST_CAUSE, BatchState, Remedy, RemedyResult, StuckKind

Said = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Cause = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CAUSE, pattern=r"^[A-Za-z0-9_.:/-]+$")]
CAUSE = "As `GET /v1/stuck/causes` names it."
REASON = "Why you do it; it is recorded under your name."


class CauseOut(Out):
    """What several share."""

    cause: str
    kind: StuckKind
    kind_label: str
    number: int = Field(description="How many share it.")
    since: datetime = Field(description="Since when the one has been stuck that has been longest.")
    error: str | None = Field(description="The last error of the newest, whole.")
    remedies: list[Remedy]


class CauseList(Out):
    """Every cause, the most frequent first."""

    items: list[CauseOut]


class TroubleOut(Out):
    """One reason for which one subject does not move."""

    id: str = Field(description="The case; or `queue:NAME`, `version:NAME`, `webhook:ID`, or a workflow's id.")
    about: str | None = Field(description="What the case is about: its resource's name.")
    kind: StuckKind
    kind_label: str
    reason: str
    cause: str
    since: datetime | None
    error: str | None = Field(description="The last error, whole.")
    waits_on: str | None = Field(description="The case that is waited for.")
    held_by: str | None = Field(description="To whom it was handed over last.")
    remedies: list[Remedy]


class TroubleListOut(Out):
    """Some troubles, those first that have been there longest; `next` is the cursor of the following page."""

    items: list[TroubleOut]
    next: str | None


class StuckNoteOut(Out):
    """What an operator did or noted."""

    at: datetime
    kind: str
    kind_label: str
    by: str
    reason: str | None
    to: str | None


class BatchRetryOut(Out):
    """What a batch did about a subject, and what came of it."""

    batch: str
    at: datetime
    by: str
    reason: str
    result: RemedyResult
    result_label: str
    why: str


class StuckSubjectOut(Out):
    """A subject: what holds it up this moment, where it may be reset to, and what was done about it."""

    id: str
    troubles: list[TroubleOut]
    points: list[str] = Field(description="What `to` of a reset may be.")
    notes: list[StuckNoteOut]
    retries: list[BatchRetryOut] = Field(description="What batches did about it, the newest first.")


class RemediedOut(Out):
    """What came of it, looked at afterwards; `why` says for what reason it is still stuck, or nothing was done."""

    id: str
    result: RemedyResult
    result_label: str
    why: str
    troubles: list[TroubleOut] = Field(description="What holds it up now.")


class RetryIn(BaseModel):
    """What to try again: all that holds it up, or one cause."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Said = Field(description=REASON)
    cause: Cause | None = Field(default=None, description=CAUSE)


class ResetIn(BaseModel):
    """From where to go on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Name = Field(description="A point, such as `first`, `last` or `before:grant`; `GET /v1/stuck/{id}` has them.")
    reason: Said = Field(description=REASON)


class StuckNoteIn(BaseModel):
    """What whoever looks after it must know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Said


class StuckHandOverIn(BaseModel):
    """Who looks after it from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Name
    reason: Said = Field(description=REASON)


class RetryBatchIn(BaseModel):
    """All that share a cause, to be tried again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cause: Cause = Field(description=CAUSE)
    reason: Said = Field(description=REASON)


class RetriedItemOut(Out):
    """One subject of a batch; without a result until it was come to."""

    id: str
    about: str | None = Field(description="What the case is about: its resource's name.")
    result: RemedyResult | None
    result_label: str | None
    why: str | None


class RetryBatchOut(Out):
    """A batch: the list that was frozen, and what came of each. The three counts and `waiting` sum up to `number`."""

    id: str
    cause: str
    reason: str
    by: str
    state: BatchState
    state_label: str
    number: int
    left_out: int = Field(description="How many more there were than a batch takes.")
    recovered: int
    still_stuck: int
    not_executed: int
    waiting: int
    prepared_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    items: list[RetriedItemOut]
