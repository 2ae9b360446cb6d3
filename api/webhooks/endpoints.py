"""Webhooks: who is told of what, where; what was sent, and how it went."""

import asyncio
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Path, Request, Response
from pydantic import TypeAdapter, ValidationError

from api.context import AppContext, now
from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit, RequestId, acting, require_role
from api.events.stream import position_of
from api.guarded import Guarded
from api.http.prefix import prefixed
from api.http.problems import Problem
from api.http.responses import HEADERS, answer, link_next
from api.http.routes import StrictRoute
from api.webhooks.presenters import attempt_out, delivery_out, webhook_out, with_secret
from api.webhooks.schemas import (
    DeliveryPage,
    ReplayIn,
    ReplayOut,
    TrialOut,
    WebhookChange,
    WebhookIn,
    WebhookList,
    WebhookOut,
    WebhookWithSecret,
)
from background.webhooks.guard import AddressGuard, Unfit
from background.webhooks.payloads import new_secret, trial_event
from background.webhooks.queries.subscriptions import (
    Webhook,
    WebhookState,
)
from background.webhooks.sending import Sender
from domain.access import Caller, Visibility, visibility_of
from domain.codes import same_code
from domain.field_types import Instant
from domain.messages import Language, label
from domain.validation_messages import first_problem
from domain.words import Role
from ledger.errors import BadCursor
from starter.errors import NotFound

TOLD = (Role.REQUESTER, Role.PROVIDER, Role.BUREAU, Role.PLATFORM, Role.AUDITOR)
"""Who may have webhooks."""
AT_MOST = 50
"""So many webhooks an organisation may have."""
ROTATION = timedelta(hours=24)
"""How long the secret before signs too."""
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)

router = Guarded("/v1/webhooks", "webhooks", route_class=StrictRoute)

WebhookId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$", description="The webhook's id.")]
Seq = Annotated[int, Path(ge=1, le=2**31 - 1, description="The event's number in its case.")]


# Who may do what


def _org(caller: Caller) -> str:
    """The organisation whose webhooks the caller may manage. Raises Problem 403."""
    require_role(caller, TOLD)
    if caller.org is None:
        raise Problem(403, "organisation_required")
    return caller.org


def _visibility(caller: Caller) -> Visibility:
    """What a webhook of the caller is told of: what it sees in the roles that may have webhooks."""
    return visibility_of(replace(caller, roles=caller.roles & set(TOLD)))


def _covers(mine: Visibility, other: Visibility) -> bool:
    """Whether who sees ``mine`` sees all that ``other`` lets through.

    Whoever could manage a webhook that sees more than they do could turn it to themselves.
    """
    if mine.everything or other.everything:
        return mine.everything
    return (
        other.places <= mine.places
        and (other.requester is None or same_code(other.requester, mine.requester))
        and (other.provider is None or same_code(other.provider, mine.provider))
    )


def _manageable(context: AppContext, caller: Caller, webhook_id: str, deleted: bool = False) -> Webhook:
    """A webhook that the caller may manage; blocking. Raises NotFound for all others, as if they were not there."""
    org = _org(caller)
    found = context.webhooks.get(webhook_id)
    gone = found is None or (found.deleted_at is not None and not deleted)
    if found is None or gone or not same_code(found.org, org) or not _covers(_visibility(caller), found.visibility):
        raise NotFound(f"There is no webhook {webhook_id}.")
    return found


async def _may_lead(context: AppContext, url: str, language: Language) -> None:
    """Raises Problem 422 for a URL that nothing would be sent to."""
    try:
        await AddressGuard(context.settings.webhooks).check(url)
    except Unfit as unfit:
        reason = label("webhook_error", unfit.word, language)
        raise Problem(422, "invalid", errors=[{"path": "url", "reason": reason}]) from None


# Making, changing, deleting


@router.post("", status_code=201, response_model=WebhookWithSecret, summary="Be told what happens")
async def create(body: WebhookIn, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Make a webhook: events of the cases that you may see are sent to it, at least once and in order a case.

    Keep the secret of the answer, with which every message is signed: it is shown this once.
    """
    org, at = _org(caller), now()
    await _may_lead(context, body.url, language)
    webhook = Webhook(
        id=f"wh_{secrets.token_hex(12)}",
        org=org,
        created_by=caller.subject,
        created_at=at,
        changed_by=caller.subject,
        changed_at=at,
        visibility=_visibility(caller),
        url=body.url,
        events=tuple(dict.fromkeys(body.events)),
        payload=body.payload,
        checkpoints=body.checkpoints,
        state=WebhookState.ACTIVE,
        since=at,
        secret=new_secret(),
    )
    if not await asyncio.to_thread(context.webhooks.add, webhook, acting(caller), body.begin == "start", AT_MOST):
        raise Problem(409, "too_many_webhooks")
    headers = {"Location": prefixed(f"/v1/webhooks/{webhook.id}")}
    return answer(with_secret(webhook, language), language, 201, headers)


@router.get("", response_model=WebhookList, summary="Your organisation's webhooks")
async def list_(context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Oldest first. Those that are told of more than you may see are left out."""
    found = await asyncio.to_thread(context.webhooks.of, _org(caller))
    mine = _visibility(caller)
    items = [webhook_out(webhook, language) for webhook in found if _covers(mine, webhook.visibility)]
    return answer(WebhookList(items=items), language)


@router.get("/{webhook_id}", response_model=WebhookOut, summary="One webhook")
async def show(webhook_id: WebhookId, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Where it leads, what it is told, and whether it is active."""
    return answer(webhook_out(await asyncio.to_thread(_manageable, context, caller, webhook_id), language), language)


@router.patch("/{webhook_id}", response_model=WebhookOut, summary="Change, disable or enable a webhook")
async def change(
    webhook_id: WebhookId, body: WebhookChange, context: ContextIn, caller: CallerIn, language: LanguageIn
) -> Response:
    """A disabled webhook collects; once it is active again it goes on where it stopped, in order."""
    webhook = await asyncio.to_thread(_manageable, context, caller, webhook_id)
    named = body.named()
    if "url" in named:
        await _may_lead(context, body.url, language)
    state = named.pop("state", None)
    if body.named():
        changed = await asyncio.to_thread(context.webhooks.change, webhook.id, acting(caller), now(), named, state)
        webhook = _there(changed, webhook_id)
    return answer(webhook_out(webhook, language), language)


@router.delete("/{webhook_id}", status_code=204, response_class=Response, summary="Be told no more")
async def delete(webhook_id: WebhookId, context: ContextIn, caller: CallerIn) -> Response:
    """Nothing more is sent. The log of what was stays readable."""
    webhook = await asyncio.to_thread(_manageable, context, caller, webhook_id)
    await asyncio.to_thread(context.webhooks.delete, webhook.id, acting(caller), now())
    return Response(status_code=204, headers=HEADERS)


@router.post("/{webhook_id}/rotate", response_model=WebhookWithSecret, summary="A new secret")
async def rotate(webhook_id: WebhookId, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """From now on messages are signed with the new secret, and for 24 hours with the one before too."""
    webhook = await asyncio.to_thread(_manageable, context, caller, webhook_id)
    at = now()
    rotated = await asyncio.to_thread(
        context.webhooks.rotate_secret, webhook.id, acting(caller), at, new_secret(), at + ROTATION
    )
    return answer(with_secret(_there(rotated, webhook_id), language), language)


def _there(webhook: Webhook | None, webhook_id: str) -> Webhook:
    """A webhook that somebody may have deleted meanwhile. Raises NotFound."""
    if webhook is None:
        raise NotFound(f"There is no webhook {webhook_id}.")
    return webhook


# Sending


@router.post("/{webhook_id}/test", response_model=TrialOut, summary="Send a test event now")
async def test(webhook_id: WebhookId, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Sends one event of the type `cn.gov.shareflow.webhook.test.v1`, once, and tells how it went."""
    webhook = await asyncio.to_thread(_manageable, context, caller, webhook_id)
    at = now()
    event = trial_event(webhook.id, at)
    async with Sender(AddressGuard(context.settings.webhooks)) as sender:
        attempt = (await sender.send(webhook.url, event, webhook.secrets_at(at), at)).attempt
    await asyncio.to_thread(context.webhooks.note_test, webhook.id, attempt)
    state: Literal["delivered", "failed"] = "delivered" if attempt.delivered else "failed"
    shown = attempt_out(attempt, language).model_dump()
    return answer(TrialOut(**shown, id=event["id"], state=state), language)


@router.get("/{webhook_id}/deliveries", response_model=DeliveryPage, summary="What was sent, and how it went")
async def deliveries(
    request: Request,
    webhook_id: WebhookId,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    state: Literal["pending", "delivered"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The delivery log, latest event first; also of a webhook that was deleted."""
    webhook = await asyncio.to_thread(_manageable, context, caller, webhook_id, deleted=True)
    delivered = None if state is None else state == "delivered"
    page = await asyncio.to_thread(context.webhooks.deliveries, webhook.id, delivered, cursor, limit)
    items = [delivery_out(each, language) for each in page.deliveries]
    headers = {}
    if page.next is not None:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        headers = link_next(
            prefixed(f"/v1/webhooks/{webhook.id}/deliveries"), urlencode([*kept, ("cursor", page.next)])
        )
    return answer(DeliveryPage(items=items, next=page.next), language, headers=headers)


@router.post(
    "/{webhook_id}/deliveries/{request_id}/{seq}/replay",
    status_code=202,
    response_model=ReplayOut,
    summary="Send one event again",
)
async def replay_delivery(
    webhook_id: WebhookId, request_id: RequestId, seq: Seq, context: ContextIn, caller: CallerIn, language: LanguageIn
) -> Response:
    """The event's id is `request_id/seq`. It comes with the same `webhook-id` as before, once the webhook is active."""
    webhook = await asyncio.to_thread(_manageable, context, caller, webhook_id)
    if not await asyncio.to_thread(context.webhooks.replay_one, webhook.id, request_id, seq, acting(caller), now()):
        raise NotFound(f"The webhook {webhook_id} has no delivery {request_id}/{seq}.")
    return answer(ReplayOut(queued=1), language, 202)


@router.post("/{webhook_id}/replay", status_code=202, response_model=ReplayOut, summary="Send everything since again")
async def replay(
    webhook_id: WebhookId, body: ReplayIn, context: ContextIn, caller: CallerIn, language: LanguageIn
) -> Response:
    """All events from there on that the webhook may see and wants, also those from before it was made, in order."""
    webhook = await asyncio.to_thread(_manageable, context, caller, webhook_id)
    since = begin_of(body.since, language)
    queued = await asyncio.to_thread(context.webhooks.replay_since, webhook.id, since, acting(caller), now())
    return answer(ReplayOut(queued=queued), language, 202)


def begin_of(text: str, language: Language) -> int | datetime:
    """A position of the feed, or an instant. Raises Problem 422."""
    if text == "start":
        return 0
    try:
        return position_of(text)
    except BadCursor:
        pass
    try:
        return _INSTANT.validate_python(text)
    except ValidationError as error:
        reason = first_problem(error, language)[1]
        raise Problem(422, "invalid", errors=[{"path": "from", "reason": reason}]) from None
