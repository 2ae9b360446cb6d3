"""The application: every group of endpoints behind the same guards, and its description (OpenAPI)."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.types import Receive, Scope, Send

from api.accounts import endpoints as accounts
from api.assessment import endpoints as assessment
from api.assessment import seal_endpoints as seals
from api.attachments import endpoints as attachments
from api.audit import dossiers
from api.audit import endpoints as audit
from api.calendar import endpoints as calendar
from api.cases import commands, diagrams, notes, previews, reading
from api.cases import endpoints as cases
from api.cases import request_endpoints as requests
from api.cases.sheets import endpoints as sheets
from api.checkpoints import endpoints as checkpoints
from api.codec import endpoints as codec
from api.codec.origins import CodecOrigin
from api.context import AppContext
from api.disputes import endpoints as disputes
from api.documents import endpoints as documents
from api.events import endpoints as events
from api.events.bodies import event_schemas
from api.guarded import Guarded
from api.health import endpoints as health
from api.http.crowd import Crowd
from api.http.head_requests import Heads
from api.http.headers import Headers
from api.http.limits import BodyLimit
from api.http.prefix import Prefixed
from api.http.problems import MEDIA_TYPE, answer_problems
from api.http.strict import strictly
from api.law import endpoints as law
from api.notifications import endpoints as notifications
from api.operator_acts import endpoints as operator_acts
from api.procedures import endpoints as procedures
from api.settings import ApiSettings
from api.simulations import endpoints as simulations
from api.stuck import endpoints as stuck
from api.supervision import endpoints as supervision
from api.verify_page import endpoints as verify_page
from api.webhooks import endpoints as webhooks
from api.worklist import division_endpoints as division
from api.worklist import endpoints as worklist

DESCRIPTION = """\
政务数据共享流程引擎: file data-share requests between departments, drive them, and be told what happens.

Every call needs a bearer token of the OIDC issuer, except the health of the service. Errors are
`application/problem+json` with a `code`; their titles come in Chinese or English by `Accept-Language`.
Fields are only ever added: clients must ignore what they do not know. Vocabularies of answers (stages, types of
events, commands, limits, outcomes, procedures, codes of refusals) are open: clients must take a word that is new to
them as plain text. No word that was answered goes, and what may be sent stays what it was, with new words added.
"""

TELEMETRY: Final[TelemetryConfig] = {
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
    "exclude": lambda scope: scope["path"].endswith(("/healthz", "/readyz", "/metrics")),
}
"""A span a call, where the process keeps traces, but for whoever watches; figures and logs are our own."""

ROUTERS: Final[Sequence[Guarded]] = (
    sheets.router,
    requests.router,
    *reading.routers,
    *commands.routers,
    *previews.routers,
    *accounts.routers,
    *diagrams.routers,
    *notes.routers,
    cases.router,
    *documents.routers,
    attachments.router,
    worklist.router,
    stuck.router,
    division.router,
    supervision.router,
    assessment.router,
    seals.router,
    disputes.router,
    simulations.router,
    events.router,
    webhooks.router,
    notifications.router,
    law.router,
    calendar.router,
    checkpoints.router,
    operator_acts.router,
    codec.router,
    procedures.router,
    audit.router,
    dossiers.router,
)
"""Every address that asks who is calling; the order is that of the description."""
OPEN: Final = (health.router, verify_page.router)
"""What nobody is asked at: whoever watches over the service is told nothing of a case, and what one drops to be checked
is one's own."""


_DESCRIBED: Final[dict[str, dict[str, Any]]] = {}
"""The description by the prefix of the addresses in it: making one takes half a second, and nothing else changes it."""


class Api(FastAPI):
    """The application, with a description of its own: problems are sent as problems and as nothing else."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer under strict headers, also where what refuses stands around everything else."""
        await super().__call__(scope, receive, strictly(send))

    def openapi(self) -> dict[str, Any]:
        """The description, made once in a process; nobody changes it."""
        prefix = self.servers[0]["url"] if self.servers else ""
        if prefix not in _DESCRIBED:
            _DESCRIBED[prefix] = self._described()
        return _DESCRIBED[prefix]

    def _described(self) -> dict[str, Any]:
        """FastAPI lists the endpoint's own media type beside that of problems."""
        document = super().openapi()
        schemas = document["components"]["schemas"]
        document["components"]["schemas"] = dict(sorted({**event_schemas(), **schemas}.items()))
        operations = [operation for item in document["paths"].values() for operation in item.values()]
        for answer in (answer for operation in operations for answer in operation["responses"].values()):
            if MEDIA_TYPE in answer.get("content", {}):
                answer["content"] = {MEDIA_TYPE: answer["content"][MEDIA_TYPE]}
        return document


def create_app(context: AppContext | None) -> FastAPI:
    """The application on a context. None: for its description alone."""
    settings = context.settings if context else ApiSettings()
    app = Api(
        title="Shareflow",
        version=version("shareflow"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        servers=[{"url": settings.prefix}] if settings.prefix else None,
        redirect_slashes=False,
        separate_input_output_schemas=True,
        telemetry=TELEMETRY,
    )
    app.state.context = context
    app.state.registry = health.figures(context)
    answer_problems(app)
    # Each goes around those before it.
    if settings.codec_origin:
        app.add_middleware(CodecOrigin, origin=settings.codec_origin)
    app.add_middleware(BodyLimit, at_most=settings.body_limit)
    app.add_middleware(Headers)
    app.add_middleware(Heads, routes=app.routes)
    app.add_middleware(Crowd)
    app.add_middleware(Prefixed, prefix=settings.prefix)
    app.add_middleware(health.Measured, registry=app.state.registry)
    # Taken in as they are, not included: FastAPI would look for an included endpoint twice, and make each ready anew.
    app.router.routes.extend(route for router in (*ROUTERS, *OPEN) for route in router.routes)
    return app


def openapi_document() -> dict[str, Any]:
    """The description of the API, as it is committed and compared."""
    return create_app(None).openapi()
