"""A department's own system in the demonstration, which a webhook tells what happens in the department's cases.

While it was being moved it answered 410 (Gone), for which the engine tells it nothing more. It is back since, and
nobody has told the engine: an operator has all that waits delivered, at ``/stuck``.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.serving import serving
from background.webhooks.payloads import new_secret
from background.webhooks.queries.subscriptions import Webhook, WebhookPayload, WebhookState
from background.webhooks.register import WebhookRegister
from configuration.errors import StartupError
from domain.access import Caller, visibility_of
from domain.log.acts import Acting
from domain.words import Role
from embedded.demo.state import OFFICE_HOST, Demonstration
from embedded.demo.stories import matters, suspended_cases
from ledger.writer import Writer

WEBHOOK_ID: Final = "wh_demonstration"
WITHIN: Final = timedelta(seconds=60)
"""How long it may take until the engine has been told that nobody is there."""
LOOK_EVERY: Final = 0.1

log = logging.getLogger("shareflow.demonstration")


class OfficeSystem:
    """The system at its ``address``, which takes all that it is sent, except while it is being moved."""

    def __init__(self) -> None:
        self.address = ""
        self._moving = False
        self.app = FastAPI(openapi_url=None, routes=[Route("/", self._told, methods=["POST"])])
        self.app.state.context = None

    async def _told(self, _: Request) -> Response:
        return Response(status_code=HTTPStatus.GONE if self._moving else HTTPStatus.NO_CONTENT)

    async def was_moved(self, writer: Writer, reckoned_from: datetime) -> None:
        """Have the engine tell it of its department's cases while it is being moved, until the engine gives up.

        What was done once is not done again.
        """
        register = WebhookRegister(writer)
        if await asyncio.to_thread(register.get, WEBHOOK_ID) is not None:
            return
        self._moving = True
        try:
            await asyncio.to_thread(self._subscribe, register, reckoned_from)
            async with asyncio.timeout(WITHIN.total_seconds()):
                while await asyncio.to_thread(_is_told, register):  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            log.warning("the department's system was told nothing while it was being moved")
        finally:
            self._moving = False

    def _subscribe(self, register: WebhookRegister, reckoned_from: datetime) -> None:
        org, at = department_of(reckoned_from), datetime.now(UTC)
        person, *_ = matters().officers(org)
        webhook = Webhook(
            id=WEBHOOK_ID,
            org=org,
            created_by=person,
            created_at=at,
            changed_by=person,
            changed_at=at,
            visibility=visibility_of(Caller(person, org, frozenset({Role.REQUESTER}))),
            url=f"{self.address}/",
            events=(),
            payload=WebhookPayload.THIN,
            state=WebhookState.ACTIVE,
            since=at,
            secret=new_secret(),
        )
        register.add(webhook, Acting(subject=person, org=org), from_start=True, at_most=1)


def _is_told(register: WebhookRegister) -> bool:
    webhook = register.get(WEBHOOK_ID)
    return webhook is not None and webhook.state is WebhookState.ACTIVE


def department_of(reckoned_from: datetime) -> str:
    """The code of the department whose system it is: one whose grant was suspended."""
    first, *_ = suspended_cases(reckoned_from)
    request: Any = first.scenario.request
    return str(request.requester.code)


@asynccontextmanager
async def office_system(demonstration: Demonstration | None) -> AsyncIterator[OfficeSystem | None]:
    """The system, running; None where there is no demonstration, or it is from before there was one.

    Where its port is taken it is away, as any receiver may be.
    """
    if demonstration is None or demonstration.office_port is None:
        yield None
        return
    system = OfficeSystem()
    served = serving(system.app, OFFICE_HOST, demonstration.office_port)
    try:
        system.address = await served.__aenter__()
    except StartupError as error:
        log.warning("the department's system is away", extra={"error": str(error)})
        yield None
        return
    try:
        yield system
    finally:
        await served.__aexit__(None, None, None)
