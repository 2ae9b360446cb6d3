"""What endpoints ask for: what they stand on, the caller, the reader's language, a case that the caller may see."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import BeforeValidator, StringConstraints

from api.context import AppContext
from api.http.language import language_of
from api.http.problems import Problem
from api.http.unheld import unheld
from api.identity.callers import NotProven
from api.query_parameters import refuse_unknown
from domain.access import Caller, Parties, sees
from domain.codes import code_key
from domain.log.acts import Acting
from domain.messages import Language
from domain.words import Role
from ledger.queries.views import CaseDetail
from starter.errors import NotFound

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="shareflow"'}


async def context_of(request: Request) -> AppContext:
    """What this application stands on; async, as every dependency here: the others would each cost a thread."""
    context: AppContext = request.app.state.context
    return context


async def language(request: Request) -> Language:
    """The reader's language, Chinese unless English is asked for."""
    return language_of(request.headers.get("accept-language"))


def asked_of(request: Request) -> tuple[AppContext, Language]:
    """What a call stands on and its reader's language, for the endpoints called most: each dependency has its price."""
    return request.app.state.context, language_of(request.headers.get("accept-language"))


class BearerToken(SecurityBase):
    """Who is calling, by the bearer token; one dependency without others beneath it."""

    scheme_name = "HTTPBearer"
    model = HTTPBearer(bearerFormat="JWT", description="A token of the OIDC issuer.")

    async def __call__(self, request: Request) -> Caller:
        """The caller; ``request.state.token_ends`` (seconds since 1970) is when the token does.

        Raises Problem 401 for no token or a bad one, 429 for too many calls, then 400 for an unknown query parameter
        and 404 for a name that nothing can have.
        """
        context: AppContext = request.app.state.context
        address = request.client.host if request.client else "unknown"
        scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
        if scheme.lower() != "bearer" or not token:
            context.limits.failed(address)
            raise Problem(401, "not_authenticated", headers=CHALLENGE)
        try:
            proof = await context.identity.proof(token)
        except NotProven as why:
            context.limits.failed(address)
            challenge = {"WWW-Authenticate": 'Bearer realm="shareflow", error="invalid_token"'}
            raise Problem(401, "bad_token", detail=f"The token cannot be accepted: {why}.", headers=challenge) from None
        context.limits.asked(f"{code_key(proof.caller.org or '')}/{proof.caller.subject}")
        if not proof.caller.roles:
            raise Problem(403, "role_required")
        request.state.token_ends = proof.expires_at
        refuse_unknown(request)
        if unheld(map(str, request.path_params.values())):
            raise Problem(404, "not_found")
        return proof.caller


bearer_token = BearerToken()

ContextIn = Annotated[AppContext, Depends(context_of)]
CallerIn = Annotated[Caller, Depends(bearer_token)]
LanguageIn = Annotated[Language, Depends(language)]


def _with_its_plus(value: object) -> object:
    """A statute's id; a ``+`` that was not encoded arrives as a blank, which no id has."""
    return value.strip().replace(" ", "+") if isinstance(value, str) else value


StatuteId = Annotated[
    str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9._:/+-]*$"), BeforeValidator(_with_its_plus)
]
"""A statute's id as it stands in a query, such as ``nantong-2020+809``."""
RequestId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9._:/-]+$", description="The request's id.")]
Limit = Annotated[int, Query(ge=1, le=500, description="How many rows at most.")]
Cursor = Annotated[str | None, Query(max_length=400, description="The `next` of the page before.")]
IfMatch = Annotated[str | None, Header(max_length=400, description="Only while the case's ETag is (one of) this.")]


def require_role(caller: Caller, among: Sequence[Role]) -> None:
    """Raises Problem 403 for a caller that has none of these roles."""
    if not caller.roles & set(among):
        raise Problem(403, "role_required")


def acting(caller: Caller) -> Acting:
    """The caller as it stands among the acts of those who run the engine."""
    return Acting(subject=caller.subject, org=caller.org, roles=tuple(sorted(caller.roles)))


def parties_of(case: CaseDetail) -> Parties:
    """What decides who may see a case."""
    return Parties(case.statute, case.requester_code, case.provider_code, case.superior)


async def visible_filing(context: AppContext, caller: Caller, request_id: str) -> CaseDetail:
    """A case that the caller may see: what it was filed with counts, the rest may be old.

    Raises NotFound as :func:`visible_case`.
    """
    filed = context.filed.get(request_id)
    if filed is None:
        filed = context.filed[request_id] = await asyncio.to_thread(context.client.get, request_id)
    if not sees(caller, parties_of(filed)):
        raise NotFound(f"There is no request {request_id}.")
    return filed


def visible_case(context: AppContext, caller: Caller, request_id: str) -> CaseDetail:
    """A case that the caller may see; blocking. Raises NotFound for all others, as if they were not there."""
    case = context.client.get(request_id)
    if not sees(caller, parties_of(case)):
        raise NotFound(f"There is no request {request_id}.")
    return case
