"""Share requests, whichever way they come in: who may file one, and how it is opened."""

from typing import Final

from api.cases.filing_schemas import FilingIn
from api.context import AppContext
from api.http.problems import Problem
from domain.access import Caller, Parties, may_file
from domain.words import ProcedureName
from procedures.share_request.filing import as_requester
from protocol.opening import Played
from starter.engine_client import FiledCase

PROCEDURE: Final = ProcedureName.SHARE_REQUEST
"""The procedure of what stands below `/v1/requests`."""


def refuse_unless_theirs(caller: Caller, said: FilingIn, place: str | None) -> None:
    """Raise Problem 403 for another department's request; one that names no department is told what it lacks."""
    parties = Parties(said.statute or place or "", said.request.requester.code, said.request.provider.code)
    if parties.requester is not None and not may_file(caller, parties):
        raise Problem(403, "not_a_party")


async def open_request(context: AppContext, caller: Caller, said: FilingIn, place: str | None, key: str) -> FiledCase:
    """File a request in the name of the department that it names. Raises EngineError."""
    return await context.client.open(
        PROCEDURE,
        said.statute,
        said.request,
        as_requester(said.request, caller.subject),
        key,
        received_at=context.receipt(),
        played=Played(context.shift()),
        jurisdiction=place,
    )
