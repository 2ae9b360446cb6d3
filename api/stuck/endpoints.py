"""What is stuck, by cause and one by one; and what operators do about it."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Header, Path, Query, Response

from api.cases.idempotency import Key, engine_key
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit, acting, require_role
from api.guarded import Guarded
from api.http.prefix import prefixed
from api.http.responses import answer
from api.stuck.presenters import batch_out, cause_out, note_out, remedied_out, retry_out, trouble_out
from api.stuck.schemas import (
    Cause,
    CauseList,
    RemediedOut,
    ResetIn,
    RetryBatchIn,
    RetryBatchOut,
    RetryIn,
    StuckHandOverIn,
    StuckNoteIn,
    StuckSubjectOut,
    TroubleListOut,
    TroubleOut,
)
from api.worklist.endpoints import OVERSEERS
from domain.access import Caller, visibility_of
from domain.messages import Language
from domain.stuck import Remedied, StuckKind, Trouble
from domain.words import Role
from ledger.queries.stuck import EVERY_KIND
from ledger.queries.stuck_batches import Batch
from starter.errors import NotFound
from starter.stuck import StuckDesk

KindIn = Annotated[
    list[StuckKind] | None, Query(max_length=len(StuckKind), description="Only those of these kinds; may be repeated.")
]
router = Guarded("/v1/stuck", "stuck")

MENDERS = (Role.OPERATOR,)
"""Who acts on what is stuck."""
Subject = Annotated[str, Path(max_length=200, description="A case, or what `GET /v1/stuck/troubles` names.")]
BatchId = Annotated[str, Path(max_length=64, description="A batch.")]
Once = Annotated[Key | None, Header(alias="Idempotency-Key", description="Yours: the same key acts once.")]
CauseIn = Annotated[Cause | None, Query(description="Only those that share this cause.")]


@router.get("/causes", response_model=CauseList, summary="Why things are stuck")
async def causes(context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Every cause with how many share it, the most frequent first. For operators, bureau, audit."""
    require_role(caller, OVERSEERS)
    found = await asyncio.to_thread(context.reader.causes, visibility_of(caller))
    return answer(CauseList(items=[cause_out(each, language) for each in found]), language)


@router.get("/troubles", response_model=TroubleListOut, summary="What is stuck, one by one")
async def troubles(
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    cause: CauseIn = None,
    kind: KindIn = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Each reason for which something does not move, since when, with its last error. For operators, bureau, audit."""
    require_role(caller, OVERSEERS)
    kinds = frozenset(kind) if kind else EVERY_KIND
    page = await asyncio.to_thread(context.reader.troubles, visibility_of(caller), cause, cursor, limit, kinds)
    items = await asyncio.to_thread(shown, context, page.troubles, language)
    return answer(TroubleListOut(items=items, next=page.next), language)


@router.post("/batches", status_code=201, response_model=RetryBatchOut, summary="Prepare a batch of retries")
async def prepare(
    body: RetryBatchIn, context: ContextIn, caller: CallerIn, language: LanguageIn, idempotency_key: Once = None
) -> Response:
    """Freeze the list of all that share a cause now, at most 1,000. Nothing is done before it is confirmed."""
    require_role(caller, MENDERS)
    key = engine_key(caller, idempotency_key) if idempotency_key else None
    there = await StuckDesk(context.client).prepare(body.cause, acting(caller), body.reason, key)
    headers = {"Location": prefixed(f"/v1/stuck/batches/{there.id}")}
    return answer(await batch_shown(context, there, language), language, status=201, headers=headers)


@router.get("/batches/{batch_id}", response_model=RetryBatchOut, summary="A batch of retries")
async def batch(batch_id: BatchId, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """The list as it was frozen, and what came of each so far. For operators."""
    require_role(caller, MENDERS)
    return answer(await batch_shown(context, await StuckDesk(context.client).batch(batch_id), language), language)


@router.post(
    "/batches/{batch_id}/{what}", response_model=RetryBatchOut, summary="Confirm, suspend, resume or cancel a batch"
)
async def move(
    batch_id: BatchId,
    what: Literal["confirm", "suspend", "resume", "cancel"],
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
) -> Response:
    """`confirm` lets it begin; a batch that is past what is asked stays as it is. For operators."""
    require_role(caller, MENDERS)
    there = await StuckDesk(context.client).move(batch_id, what, acting(caller))
    return answer(await batch_shown(context, there, language), language)


@router.get("/{subject}", response_model=StuckSubjectOut, summary="What holds one up")
async def one(subject: Subject, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """What holds it up this moment, where it may be reset to, and what was done about it. For operators."""
    require_role(caller, MENDERS)
    return answer(await subject_out(context, subject, language), language)


@router.post("/{subject}/retry", response_model=RemediedOut, summary="Try it again")
async def retry(
    subject: Subject,
    body: RetryIn,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    idempotency_key: Once = None,
) -> Response:
    """Look again at what holds it up, have it tried again, and tell whether it moves: that takes some seconds."""
    desk, key = _desk(context, caller, idempotency_key)
    came = await desk.retry(subject, acting(caller), body.reason, body.cause, key)
    return await _told(context, desk, subject, came, language)


@router.post("/{subject}/reset", response_model=RemediedOut, summary="Let it go on from an earlier point")
async def reset(
    subject: Subject,
    body: ResetIn,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    idempotency_key: Once = None,
) -> Response:
    """A new run goes on from the point, takes over what the ledger holds, and repeats no event."""
    desk, key = _desk(context, caller, idempotency_key)
    came = await desk.reset(subject, acting(caller), body.to, body.reason, key)
    return await _told(context, desk, subject, came, language)


@router.post("/{subject}/note", response_model=StuckSubjectOut, summary="Write a note")
async def note(
    subject: Subject,
    body: StuckNoteIn,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    idempotency_key: Once = None,
) -> Response:
    """For whoever looks after it; it stays, under your name."""
    desk, key = _desk(context, caller, idempotency_key)
    await desk.note(subject, acting(caller), body.text, key)
    return answer(await subject_out(context, subject, language), language)


@router.post("/{subject}/hand-over", response_model=StuckSubjectOut, summary="Hand it over")
async def hand_over(
    subject: Subject,
    body: StuckHandOverIn,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    idempotency_key: Once = None,
) -> Response:
    """Say who looks after it from now on."""
    desk, key = _desk(context, caller, idempotency_key)
    await desk.hand_over(subject, acting(caller), body.to, body.reason, key)
    return answer(await subject_out(context, subject, language), language)


def shown(context: AppContext, troubles: Sequence[Trouble], language: Language) -> list[TroubleOut]:
    """Troubles with who looks after each; blocking."""
    subjects = [each.subject for each in troubles]
    acts, abouts = StuckDesk(context.client).acts_on(subjects), context.reader.stuck_book.abouts(subjects)
    return [trouble_out(each, acts, abouts, language) for each in troubles]


async def subject_out(context: AppContext, subject: str, language: Language) -> StuckSubjectOut:
    """One subject. Raises NotFound, Unavailable."""
    desk = StuckDesk(context.client)
    held, points = await desk.look(subject), await desk.points(subject)
    acts = await asyncio.to_thread(desk.acts_on, [subject])
    retries = await asyncio.to_thread(context.reader.stuck_book.retries_of, subject)
    return StuckSubjectOut(
        id=subject,
        troubles=await asyncio.to_thread(shown, context, held, language),
        points=[point.name for point in points],
        notes=[note_out(act, language) for act in acts.get(subject, ())],
        retries=[retry_out(each, language) for each in retries],
    )


async def batch_shown(context: AppContext, there: Batch, language: Language) -> RetryBatchOut:
    """A batch with what its cases are about."""
    abouts = await asyncio.to_thread(context.reader.stuck_book.abouts, [item.subject for item in there.items])
    return batch_out(there, abouts, language)


def _desk(context: AppContext, caller: Caller, key: str | None) -> tuple[StuckDesk, str | None]:
    require_role(caller, MENDERS)
    return StuckDesk(context.client), engine_key(caller, key) if key else None


async def _told(context: AppContext, desk: StuckDesk, subject: str, came: Remedied, language: Language) -> Response:
    try:
        now = await desk.look(subject)
    except NotFound:  # what was no case and moves now is known no more
        now = ()
    acts = await asyncio.to_thread(desk.acts_on, [subject])
    abouts = await asyncio.to_thread(context.reader.stuck_book.abouts, [subject])
    return answer(remedied_out(subject, came, now, acts, abouts, language), language)
