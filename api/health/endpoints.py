"""Whether the door is alive and ready, and its figures. Open to all who reach it: it tells nothing of a case."""

import asyncio
import time
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.context import AppContext
from api.dependencies import ContextIn
from api.guarded import operation_id
from api.http.problems import Problem
from ledger.failures import DATABASE_ERRORS
from protocol.connecting import why_not_usable

router = APIRouter(tags=["health"], generate_unique_id_function=operation_id)


@router.get("/healthz", response_class=PlainTextResponse, summary="Alive")
async def healthz() -> str:
    """The process answers."""
    return "alive"


@router.get(
    "/readyz",
    response_class=PlainTextResponse,
    summary="Ready",
    responses={503: {"description": "Not ready: one phrase for each reason", "content": {"text/plain": {}}}},
)
async def readyz(context: ContextIn) -> Response:
    """The ledger and Temporal answer; otherwise 503 with what does not."""
    problems = await _problems(context)
    return PlainTextResponse("; ".join(problems) or "ready", 503 if problems else 200)


async def _problems(context: AppContext) -> Sequence[str]:
    found = [*context.own_problems()]
    try:
        await asyncio.to_thread(context.reader.ping)
    except DATABASE_ERRORS:
        found.append("the ledger does not answer")
    why_not = await why_not_usable(context.client.temporal)
    return [*found, why_not] if why_not else found


@router.get("/metrics", response_class=PlainTextResponse, summary="Figures for Prometheus")
def metrics(request: Request) -> Response:
    """Cases, clocks and messages of the ledger; requests and their time at this door.

    Where figures have a port of their own, they are there and not here.
    """
    context: AppContext | None = request.app.state.context
    if context is not None and context.settings.health_port is not None:
        raise Problem(404, "not_found")
    registry: CollectorRegistry = request.app.state.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class Measured:
    """Counts requests and their time by route, so that no id of a case becomes a label."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        labels = ("method", "route", "status")
        self._requests = Counter("shareflow_http_requests", "Requests answered.", labels, registry=registry)
        self._seconds = Histogram("shareflow_http_seconds", "Time to answer.", ("method", "route"), registry=registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if route != "none" else "any"
            self._requests.labels(method, route, status).inc()
            self._seconds.labels(method, route).observe(time.perf_counter() - begun)


def figures(context: AppContext | None) -> CollectorRegistry:
    """A registry with the figures of ledger and Temporal."""
    registry = CollectorRegistry()
    if context is not None:
        registry.register(context.figures)
        registry.register(context.work)
        registry.register(context.certificates)
    return registry
