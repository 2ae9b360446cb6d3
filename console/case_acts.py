"""Commands given at a case's page: seen before they are sent, sent, or typed on."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.cases.commands import carry_out
from api.cases.presenters import case_out, waiting_after
from api.cases.previews import preview_out, previewed
from api.cases.schemas import CommandIn
from api.dependencies import visible_case
from api.http.problems import Problem
from console.case_forms import Typed, body_of, rule_named, typed_lines
from console.case_page import DONE, case_refused
from console.door import Visitor, door_of, form_of, language_of, visitor_of
from console.drafts import NOTE, case_path, drafts_of, forget_draft, form_named, to_draft
from console.kept import kept_form
from console.pages import page, see_other
from console.past_use import refuse_past_use
from console.refusals import REFUSED, refusal_told
from console.said import actor_text
from console.shown_forms import with_more_rows, wrong_in
from domain.calendar import day_of
from domain.messages import Language, event_label, label
from ledger.queries.desk import NOT_DONE_BY_ANYBODY
from ledger.queries.views import CaseDetail
from protocol.messages import Answer
from starter.documents.wording import limit_text, time_text
from starter.errors import InvalidInput, Stale
from starter.preview import Effect


async def give(request: Request) -> Response:
    """Give a command: on to the case, which says so, or back to the form with the refusal and what was typed."""
    visitor, case, values = await _sent(request)
    context, request_id = door_of(request).context, case.request_id
    key = values.get("idempotency_key") or secrets.token_hex(16)
    try:
        body, known = _body(request, case, values), _as_known(values, language_of(request))
        done = await carry_out(context, visitor.caller, request_id, body, key, known)
    except REFUSED as refusal:
        return await _refused(request, visitor, case, values, refusal)
    # Whoever has moved the case on is done with what else was typed for the stage before.
    gone = [form_named(values)] if done.stage == case.stage else [it for it in await drafts_of(request) if it != NOTE]
    for form in gone:
        await forget_draft(request, form)
    return see_other(f"/cases/{request_id}?{urlencode({DONE: _act_of(done)})}")


def _act_of(done: Answer) -> int:
    """The number of the event that a command is: limits that ended before may come first."""
    before = next((place for place, kind in enumerate(done.events) if kind not in NOT_DONE_BY_ANYBODY), 0)
    return done.head - len(done.events) + 1 + before


async def preview(request: Request) -> Response:
    """On to what a command would do; or the form with the refusal and what was typed."""
    visitor, case, values = await _sent(request)
    try:
        await _previewed(request, visitor, case, values)
    except REFUSED as refusal:
        return await _refused(request, visitor, case, values, refusal)
    return await to_draft(request, values, "/preview")


async def show_preview(request: Request) -> Response:
    """What a command would do, with the button that gives it.

    What was given, or has been forgotten, leads to the case; what would be refused by now, to the form and why.
    """
    visitor, language = await visitor_of(request), language_of(request)
    values, case = await kept_form(request, case_path(request)), await _case(request, visitor)
    if values is None:
        return see_other(case_path(request))
    try:
        found, effect = await _previewed(request, visitor, case, values)
    except REFUSED as refusal:
        return await _refused(request, visitor, case, values, refusal)
    stays = effect.after.stage == found.stage
    shown = {
        "case": case_out(found, language),
        "would": preview_out(found, effect, language),
        "stays": stays,
        "waits_for": waiting_after(found, effect.after, language),
        "ends": [(clock, label("clock_state", clock.state, language)) for clock in effect.stopped],
        "clock_labels": {clock.id: label("clock", clock.id, language) for clock in effect.after.clocks.values()},
        "lengths": {clock.number: limit_text(clock, language) for clock in effect.started},
        "command": values["command"],
        "command_label": label("command", values["command"], language),
        "typed_lines": list(typed_lines(Typed("", _answers(values)), language)),
        "values": values.items(),
        "form_at": f"{case_path(request)}?{urlencode(request.query_params)}#{values['command']}-form",
    }
    return page(request, "case_preview.html", visitor, shown)


async def _previewed(
    request: Request, visitor: Visitor, case: CaseDetail, values: Mapping[str, str]
) -> tuple[CaseDetail, Effect]:
    """The case, and what a form would do there. Raises what :func:`carry_out` does."""
    context, known = door_of(request).context, _as_known(values, language_of(request))
    return await previewed(context, visitor.caller, case.request_id, _body(request, case, values), known)


def _answers(values: Mapping[str, str]) -> Mapping[str, str]:
    """What of a form is an answer, beside which command it is and in which role."""
    return {name: value for name, value in values.items() if name not in ("command", "as")}


async def edit(request: Request) -> Response:
    """On to the case with a form as it was typed so far, with one more row of a list."""
    _, _, values = await _sent(request)
    return await to_draft(request, with_more_rows(values))


async def clear(request: Request) -> Response:
    """Back to the case, with what the visitor had typed into a form there and not sent thrown away."""
    _, _, values = await _sent(request)
    await forget_draft(request, form_named(values))
    return see_other(case_path(request))


async def _sent(request: Request) -> tuple[Visitor, CaseDetail, dict[str, str]]:
    """Who sent which form at which case. Raises NotFound for a case that is not the visitor's to see."""
    visitor = await visitor_of(request)
    form = await form_of(request, visitor)
    case = await _case(request, visitor)
    return visitor, case, {name: value for name, value in form.items() if isinstance(value, str)}


async def _case(request: Request, visitor: Visitor) -> CaseDetail:
    context, request_id = door_of(request).context, request.path_params["request_id"]
    return await asyncio.to_thread(visible_case, context, visitor.caller, request_id)


def _as_known(values: Mapping[str, str], language: Language) -> str:
    """The case as whoever acts has seen it. Raises Problem 428 for a form that does not say so, as all of ours do."""
    known = values.get("if_match", "")
    if not known:
        raise Problem(428, "form_expired", title=label("console", "form_expired", language))
    return known


def _body(request: Request, case: CaseDetail, values: Mapping[str, str]) -> CommandIn:
    """The command that a form says. Raises Problem 422 for data to be used until a day that is over."""
    refuse_past_use(values, day_of(door_of(request).context.received_now()), language_of(request))
    return body_of(rule_named(case, values.get("command", "")), values)


def _happened_since(request: Request, case: CaseDetail, known: str, language: Language) -> Sequence[str]:
    """What was done in a case since somebody looked at it, and by whom; blocking."""
    head = int(known.strip('"')) if known.strip('"').isdecimal() else case.seq
    events = door_of(request).context.reader.events(case.request_id, after=head)
    return [
        label("console", "happened_since", language).format(
            event=event_label(event.type, event.data, language),
            who=" ".join(filter(None, (actor_text(event.actor, language), event.actor.person))),
            at=time_text(event.at, language),
        )
        for event in events
        if event.type not in NOT_DONE_BY_ANYBODY
    ]


async def _refused(
    request: Request, visitor: Visitor, case: CaseDetail, values: Mapping[str, str], refusal: Exception
) -> Response:
    language, rule = language_of(request), rule_named(case, values.get("command", ""))
    status, sentence = refusal_told(refusal, language)
    if isinstance(refusal, InvalidInput) and rule is not None:
        sentence = wrong_in(rule.says, body_of(rule, values).fields(), language) or sentence
    if isinstance(refusal, Stale):
        since = await asyncio.to_thread(_happened_since, request, case, values.get("if_match", ""), language)
        sentence = " ".join((sentence, *since))
    return await case_refused(request, visitor, Typed(values.get("command", ""), values, sentence), status)
