"""Notes beside a case (备注), which are no events of it: for whoever sees it, or for the writer's own side alone."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import Header, Request, Response
from pydantic import ConfigDict, Field, StringConstraints

from api.cases.idempotency import Key, engine_key
from api.cases.routers import at_both, both_routers
from api.context import AppContext
from api.dependencies import CallerIn, Cursor, Limit, RequestId, asked_of, parties_of, require_role, visible_case
from api.http.problems import Problem
from api.http.responses import answer
from api.http.schemas import Out
from domain.access import OF_A_PLACE, OF_A_SUPERIOR, Caller, Parties, capacities, place_of, stands_as
from domain.engine.filed import Filed
from domain.field_types import Text
from domain.messages import Language, label
from domain.words import Role
from ledger.queries.notes import NewNote, Note
from starter.errors import KeyReused

routers = both_routers()

LONGEST: Final = 4_000
WRITERS: Final = tuple(role for role in Role if role is not Role.AUDITOR)
"""Who may write notes: audit reads, and writes nothing to a case."""
Shown = Literal["shared", "internal"]


class NoteIn(Filed):
    """A note. `internal`: for the writer's own department, or the same organ of the same place, alone."""

    # FastAPI builds the check of a body with warnings off; put off, it would be built with them on.
    model_config = ConfigDict(defer_build=False)

    text: Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST)]
    shown: Shown = "internal"
    as_role: Role | None = Field(default=None, alias="as")


class NoteOut(Out):
    """A note as it stands; nobody changes or removes it."""

    number: int
    at: datetime
    role: Role
    role_label: str
    org: str | None
    person: str
    shown: Shown
    text: str


class NoteList(Out):
    """Some notes, the newest first; `next` is the cursor of those before, null on the last page."""

    items: list[NoteOut]
    next: str | None


@at_both("GET", "/{request_id}/notes", routers, response_model=NoteList, summary="Notes beside a case")
async def notes(
    request_id: RequestId, request: Request, caller: CallerIn, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Those for all who see the case, and those of your own side; the newest first."""
    context, language = asked_of(request)
    found, following = await asyncio.to_thread(notes_for, context, caller, request_id, cursor, limit)
    items = [note_out(note, language) for note in found]
    return answer(NoteList.model_construct(items=items, next=following), language)


@at_both("POST", "/{request_id}/notes", routers, status_code=201, response_model=NoteOut, summary="Add a note")
async def add(
    request_id: RequestId,
    body: NoteIn,
    request: Request,
    caller: CallerIn,
    idempotency_key: Annotated[Key | None, Header(description="Yours: the same key adds once.")] = None,
) -> Response:
    """Write something down beside a case that you may see. It changes nothing about the case. Auditors write none."""
    context, language = asked_of(request)
    key = idempotency_key or uuid.uuid4().hex
    note = await asyncio.to_thread(added, context, caller, request_id, body, key)
    return answer(note_out(note, language), language, 201)


def notes_for(
    context: AppContext, caller: Caller, request_id: str, cursor: str | None, limit: int
) -> tuple[Sequence[Note], str | None]:
    """The notes that are for a caller, and the cursor of those before; blocking. Raises NotFound and BadCursor."""
    case = visible_case(context, caller, request_id)
    return context.reader.notes(request_id, list(sides_of(caller, parties_of(case)).values()), cursor, limit)


def added(context: AppContext, caller: Caller, request_id: str, body: NoteIn, key: str) -> Note:
    """A caller's note, written once by its key; blocking. Raises NotFound, Problem and KeyReused."""
    require_role(caller, WRITERS)
    case = visible_case(context, caller, request_id)
    sides = sides_of(caller, parties_of(case))
    able = [role for role in writing_roles(sides) if body.as_role in (None, role)]
    if not able:
        raise Problem(403, "not_your_turn")
    if len(able) > 1:
        raise Problem(422, "role_ambiguous", errors=[{"path": "as", "reason": ", ".join(able)}])
    side = sides[able[0]] if body.shown == "internal" else None
    new = NewNote(request_id, able[0].value, caller.org, caller.subject, side, body.text, engine_key(caller, key))
    note, _ = context.writer.add_note(new)
    if (note.text, note.side, note.role) != (new.text, new.side, new.role):
        raise KeyReused("The key was used before for another note.")
    return note


def writing_roles(sides: Iterable[Role]) -> Sequence[Role]:
    """The roles among these in which a note may be written."""
    return [role for role in sides if role in WRITERS]


def sides_of(caller: Caller, parties: Parties) -> Mapping[Role, str]:
    """On which sides a caller stands in a case, by its roles: a department's, or that of an organ of one place."""
    own = capacities(caller, tuple(Role), parties)
    above = [role for role in OF_A_SUPERIOR if stands_as(caller, role, parties, settling=True)]
    place = place_of(parties.statute)
    sides = {role: f"{role.value}@{place}" if role in OF_A_PLACE else role.value for role in own}
    return {**{role: f"{role.value}@{parties.superior}" for role in above if parties.superior}, **sides}


def note_out(note: Note, language: Language) -> NoteOut:
    """What is shown of a note."""
    return NoteOut.model_construct(
        number=note.number,
        at=note.at,
        role=Role(note.role),
        role_label=label("role", note.role, language),
        org=note.org,
        person=note.person,
        shown="internal" if note.side else "shared",
        text=note.text,
    )
