"""Notifications (通知): of what you are told by mail and in the group of your department."""

from fastapi import Response

from api.dependencies import CallerIn, ContextIn, LanguageIn, require_role
from api.guarded import Guarded
from api.http.responses import HEADERS, answer
from api.http.routes import StrictRoute
from api.notifications import choosing
from api.notifications.choosing import READERS_OF_LOST
from api.notifications.schemas import (
    LostNotificationList,
    MailAddressIn,
    MailCodeIn,
    NotificationChoicesIn,
    NotificationChoicesOut,
)

router = Guarded("/v1/notifications", "notifications", route_class=StrictRoute)


@router.get("", response_model=NotificationChoicesOut, summary="Of what you are told")
async def show(context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """What you chose, and whether this installation has a server for mail and your department a robot in a group."""
    return answer(await choosing.chosen(context, caller, language), language)


@router.put("", response_model=NotificationChoicesOut, summary="Choose of what you are told")
async def choose(body: NotificationChoicesIn, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Be told of this and nothing else, of what happens from now on; each occasion is told once at most.

    You are told what you could see when you signed in or chose last, and nothing once you have not for 90 days.
    """
    await choosing.choose(context, caller, body)
    return answer(await choosing.chosen(context, caller, language), language)


@router.post("/address", response_model=NotificationChoicesOut, status_code=202, summary="Name your address for mail")
async def ask_address(body: MailAddressIn, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """A code is sent there, good for an hour and for five tries; mail goes there once you have confirmed it.

    Five a day at most.
    """
    await choosing.ask_address(context, caller, language, body.address)
    return answer(await choosing.chosen(context, caller, language), language, status=202)


@router.post("/address/confirmation", response_model=NotificationChoicesOut, summary="Confirm your address for mail")
async def confirm_address(body: MailCodeIn, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Have mail go to the address that the code was sent to."""
    await choosing.confirm_address(context, caller, body.code)
    return answer(await choosing.chosen(context, caller, language), language)


@router.delete("/address", status_code=204, response_class=Response, summary="Get no more mail")
async def forget_address(context: ContextIn, caller: CallerIn) -> Response:
    """Your address is forgotten; what you chose stays."""
    await choosing.forget_address(context, caller)
    return Response(status_code=204, headers=HEADERS)


@router.get("/undelivered", response_model=LostNotificationList, summary="What was not delivered")
async def undelivered(context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Notifications that were refused, or of which nobody knows whether they arrived. For operators."""
    require_role(caller, READERS_OF_LOST)
    return answer(LostNotificationList(items=list(await choosing.lost(context, language))), language)
