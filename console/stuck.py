"""卡住的流程: what does not move, by cause and one by one, with the remedy beside each; batches of retries."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import acting, require_role
from api.http.problems import Problem
from api.stuck.endpoints import MENDERS, batch_shown, shown, subject_out
from api.stuck.presenters import cause_out
from api.stuck.schemas import StuckSubjectOut
from api.worklist.endpoints import OVERSEERS
from console.desk import ROWS, next_after
from console.door import Visitor, door_of, form_of, language_of, visitor_of
from console.machinery import machinery
from console.pages import ANY_CASE, page, see_other
from console.reach import openable
from console.refusals import REFUSED, refusal_told
from domain.access import visibility_of
from domain.log.acts import ActKind
from domain.messages import Language, label, words
from domain.stuck import MACHINERY, BatchState, Remedied, Remedy, RemedyResult, StuckKind
from domain.stuck_words import told_of_reason
from ledger.queries.stuck import EVERY_KIND, Cause
from starter.errors import NotFound
from starter.stuck import LONGEST, MOVES, NAME_AT_MOST, StuckDesk

CAME: Final = "came"
"""The part of the address that says what came of the visitor's remedy."""
IDLE: Final = (BatchState.CANCELLED, BatchState.FINISHED)


@dataclass(frozen=True)
class StuckForm:
    """A form that was sent: what came of it, or in what sentence it was refused, and what was typed."""

    values: Mapping[str, str]
    wrong: str | None = None
    result: str | None = None
    good: bool = False


async def show(request: Request) -> Response:
    """Every cause, or the one asked for, with how many share it, and one by one those of it, the longest first."""
    visitor = await visitor_of(request)
    require_role(visitor.caller, OVERSEERS)
    return await _list(request, visitor)


async def _list(request: Request, visitor: Visitor, sent: StuckForm | None = None, status: int = 200) -> Response:
    context, language = door_of(request).context, language_of(request)
    asked, seen = request.query_params, visibility_of(visitor.caller)
    cause = (sent.values.get("cause") if sent else asked.get("cause")) or None
    kind = next((each for each in StuckKind if each == asked.get("kind")), None)
    causes = await asyncio.to_thread(context.reader.causes, seen)

    def found() -> dict[str, Any]:
        kinds = _kinds_of(cause, kind)
        troubles = context.reader.troubles(seen, cause, asked.get("cursor"), ROWS, kinds)
        waited_for = [each.waits_on for each in troubles.troubles if each.waits_on]
        said = {"cause": cause, "kind": kind}
        return {
            "openable": openable(context, visitor.caller, waited_for),
            # Of one cause alone: a remedy that stands beside another would be taken for its own.
            "causes": [cause_out(it, language) for it in causes if cause in (None, it.cause) and it.kind in kinds],
            "rows": shown(context, troubles.troubles, language),
            "next": next_after("/stuck", troubles.next, {name: value for name, value in said.items() if value}),
        }

    told = {
        **await asyncio.to_thread(found),
        "cause": cause,
        "kind_shown": kind,
        "kinds": _counted(causes, language),
        "people": [cause_out(it, language) for it in causes if it.kind is StuckKind.OVERDUE],
        "remedy_words": {word: texts[language] for word, texts in words("stuck_remedy").items()},
        "machinery": await machinery(context, causes, language),
        "sent": sent,
        **_forms(visitor),
    }
    return page(request, "stuck.html", visitor, told, status)


def _kinds_of(cause: str | None, kind: StuckKind | None) -> frozenset[StuckKind]:
    """The kinds that a list shows: what was asked for, else all but what people are late with, which stands apart."""
    if cause:
        return EVERY_KIND
    return frozenset({kind}) if kind else MACHINERY


def _counted(causes: Sequence[Cause], language: Language) -> list[tuple[StuckKind, str, int]]:
    """The kinds that there are, each by its word and with how many, in the order of their list; people's last."""
    numbers = {kind: sum(each.number for each in causes if each.kind is kind) for kind in StuckKind}
    there = [(kind, label("stuck_kind", kind, language), number) for kind, number in numbers.items() if number]
    return sorted(there, key=lambda each: each[0] is StuckKind.OVERDUE)


async def one(request: Request) -> Response:
    """What holds one up this moment, what was done about it, and what may be."""
    visitor = await _mender(request)
    try:
        return await _one(request, visitor)
    except NotFound:
        if CAME not in request.query_params:
            raise
        return see_other("/stuck")  # it was no case, and moves now


async def _one(request: Request, visitor: Visitor, sent: StuckForm | None = None, status: int = 200) -> Response:
    subject = request.path_params["subject"]
    context = door_of(request).context
    told = await subject_out(context, subject, language_of(request))
    sent = sent or _came_of(request, told, visitor)
    remedies = {remedy for each in told.troubles for remedy in each.remedies} | {Remedy.NOTE, Remedy.HAND_OVER}
    is_case = ":" not in subject and "/" not in subject
    waited_for = [each.waits_on for each in told.troubles if each.waits_on]
    names = await asyncio.to_thread(context.reader.stuck_book.abouts, [subject])
    there = await asyncio.to_thread(openable, context, visitor.caller, waited_for)
    shown_here = {
        "told": told,
        "about": names.get(subject),
        "remedies": remedies,
        "is_case": is_case,
        "openable": there,
        "sent": sent,
        **_forms(visitor),
    }
    return page(request, "stuck_one.html", visitor, shown_here, status)


def _came_of(request: Request, told: StuckSubjectOut, visitor: Visitor) -> StuckForm | None:
    """What came of the visitor's remedy, as the address says after one; None where the visitor tried none."""
    result, why = request.query_params.get(CAME, ""), request.query_params.get("why", "")
    tried = any(each.by == visitor.caller.subject and each.kind in _TRIED for each in told.notes)
    if not tried or result not in set(RemedyResult):
        return None
    language = language_of(request)
    said = told_of_reason(why, language) if why in words("stuck_why") else ""
    sentence = " ".join((label("stuck_result", result, language), said)).strip()
    return StuckForm({}, result=sentence, good=result == RemedyResult.RECOVERED)


_TRIED: Final = (ActKind.STUCK_RETRY, ActKind.STUCK_RESET)


async def act(request: Request) -> Response:
    """Carry out what a form asks for, and tell what came of it."""
    visitor, language = await _mender(request), language_of(request)
    values = await _values(request, visitor)
    subject = request.path_params["subject"]
    try:
        _refuse_unless_said(values, language)
        came = await _carried_out(request, visitor, subject, values)
    except REFUSED as refusal:
        status, sentence = refusal_told(refusal, language)
        return await _one(request, visitor, StuckForm(values, wrong=sentence), status)
    own = f"/stuck/{quote(subject, safe='')}"
    if came is None:
        return see_other(own)
    # Why it is still stuck, its page says; why nothing was done is a word of ours.
    why = {"why": came.why} if came.why in words("stuck_why") else {}
    return see_other(f"{own}?{urlencode({CAME: came.result, **why})}")


def _refuse_unless_said(values: Mapping[str, str], language: Language) -> None:
    """Whoever mends says why, what, or to whom, and not at any length. Raises Problem 422, in words for people."""
    for name, most in _LENGTHS.items():
        if name in values and not 0 < len(values[name].strip()) <= most:
            field = label("console", f"stuck_field_{name}", language)
            sentence = label("console", "stuck_say", language).format(field=field, most=most)
            raise Problem(422, "invalid", title=sentence)


_LENGTHS: Final = {"reason": LONGEST, "text": LONGEST, "to": NAME_AT_MOST}


async def _carried_out(request: Request, visitor: Visitor, subject: str, values: Mapping[str, str]) -> Remedied | None:
    """What came of a remedy; None of what is only written down."""
    desk, by = StuckDesk(door_of(request).context.client), acting(visitor.caller)
    said, to, key = values.get("reason", ""), values.get("to", ""), values.get("key") or None
    match request.path_params["what"]:
        case "retry":
            return await desk.retry(subject, by, said, values.get("cause") or None, key)
        case "reset":
            return await desk.reset(subject, by, to, said, key)
        case "note":
            await desk.note(subject, by, values.get("text", ""), key)
        case "hand-over":
            await desk.hand_over(subject, by, to, said, key)
        case _:
            raise NotFound("There is no such act.")
    return None


async def prepare(request: Request) -> Response:
    """Freeze the list of all that share a cause, and show it."""
    visitor, language = await _mender(request), language_of(request)
    values = await _values(request, visitor)
    desk = StuckDesk(door_of(request).context.client)
    try:
        _refuse_unless_said(values, language)
        said = values.get("reason", "")
        there = await desk.prepare(values.get("cause", ""), acting(visitor.caller), said, values.get("key") or None)
    except NotFound:
        return await _list(request, visitor, StuckForm(values, wrong=label("stuck_why", "not_stuck", language)), 409)
    except REFUSED as refusal:
        status, sentence = refusal_told(refusal, language)
        return await _list(request, visitor, StuckForm(values, wrong=sentence), status)
    return see_other(f"/stuck/batches/{there.id}")


async def batch(request: Request) -> Response:
    """The list of a batch as it was frozen, and what came of each so far."""
    visitor = await _mender(request)
    context = door_of(request).context
    there = await StuckDesk(context.client).batch(request.path_params["batch_id"])
    # What was begun when a batch is cancelled is still carried out.
    ended = there.state in IDLE and all(item.result is not None for item in there.items)
    told = {
        "batch": await batch_shown(context, there, language_of(request)),
        "ended": ended,
        "moves": _MOVES_IN[there.state],
        "again": f"/stuck?{urlencode({'cause': there.cause})}",
    }
    live = None if ended else f"{ANY_CASE}?{urlencode({'batch': there.id})}"
    return page(request, "stuck_batch.html", visitor, told, live=live)


async def move(request: Request) -> Response:
    """Confirm, suspend, resume or cancel a batch, and back to it."""
    visitor = await _mender(request)
    await form_of(request, visitor)
    what, batch_id = request.path_params["what"], request.path_params["batch_id"]
    if what not in MOVES:
        raise NotFound("There is no such act.")
    await StuckDesk(door_of(request).context.client).move(batch_id, what, acting(visitor.caller))
    return see_other(f"/stuck/batches/{batch_id}")


_MOVES_IN: Final[Mapping[BatchState, tuple[str, ...]]] = {
    BatchState.PREPARED: ("confirm", "cancel"),
    BatchState.RUNNING: ("suspend", "cancel"),
    BatchState.SUSPENDED: ("resume", "cancel"),
    BatchState.CANCELLED: (),
    BatchState.FINISHED: (),
}


def _forms(visitor: Visitor) -> dict[str, Any]:
    return {
        "mends": bool(visitor.caller.roles.intersection(MENDERS)),
        "new_key": lambda: secrets.token_hex(16),
        "scripted": True,
    }


async def _mender(request: Request) -> Visitor:
    visitor = await visitor_of(request)
    require_role(visitor.caller, MENDERS)
    return visitor


async def _values(request: Request, visitor: Visitor) -> dict[str, str]:
    return {name: value for name, value in (await form_of(request, visitor)).items() if isinstance(value, str)}
