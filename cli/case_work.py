"""What ``shareflow case open`` does on a running engine."""

from typing import Annotated

from pydantic import StringConstraints, ValidationError

from cli.case_file import CaseFile
from cli.connection import commanding
from cli.options import option, word
from cli.request_work import check_key, tell
from cli.who import who
from domain.engine.records import Actor
from domain.field_types import ShortText
from domain.validation_messages import first_problem, key_path
from domain.words import ProcedureName, Role
from procedures.registry import PROCEDURES
from starter.case_opening import matter_parties, statute_named
from starter.errors import InvalidInput


async def open_and_tell(file: CaseFile, as_: str | None, org: str | None, key: str | None, as_json: bool) -> None:
    """Open the case that a file says and tell what came of it."""
    check_key(key)
    actor = _opener(file, as_, org)
    async with commanding() as client:
        opened = await client.open(
            file.procedure, file.statute, file.request, actor, key=key, jurisdiction=file.jurisdiction
        )
        await tell(client, opened.case.request_id, as_json)


def procedure_named(text: str | None) -> ProcedureName | None:
    """The procedure of that name; None for none. Raises InvalidInput."""
    return word(ProcedureName, text, "procedure") if text is not None else None


def _opener(file: CaseFile, as_: str | None, org: str | None) -> Actor:
    """Who opens it. Raises InvalidInput for a role or an organisation that cannot be."""
    may = PROCEDURES[file.procedure].opened_by
    role = may[0] if as_ is None else word(Role, as_, "role")
    if role not in may:
        raise InvalidInput(f"A {file.procedure} is opened by {' or '.join(may)}, not by {role}.")
    if org is not None:
        org = option("--org", Annotated[ShortText, StringConstraints(min_length=1)], org)
    if file.statute is not None:
        statute_named(file.statute)
    parties = matter_parties(file.procedure, file.statute or file.jurisdiction or "", file.request)
    own = {Role.REQUESTER: parties.requester, Role.PROVIDER: parties.provider}.get(role)
    try:
        return Actor(role=role, org=org or own, person=who())
    except ValidationError as error:
        path, reason = first_problem(error)
        raise InvalidInput(f"{key_path(path)} {reason}.") from None
