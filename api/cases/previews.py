"""What a command would do: asked over HTTP, told, and not done."""

import asyncio
from collections.abc import Iterator
from typing import Any

from fastapi import Request, Response
from pydantic import Field

from api.cases.commands import command_of
from api.cases.presenters import before_anything, clocks_out, etag_of, opened_out
from api.cases.routers import at_both, both_routers
from api.cases.schemas import ClockOut, CommandIn, OpenedOut
from api.context import AppContext
from api.dependencies import CallerIn, IfMatch, RequestId, asked_of, visible_case
from api.http.responses import answer
from api.http.schemas import Out
from domain.access import Caller
from domain.carried_clauses import carried_out
from domain.engine.evolve import evolve_all
from domain.engine.records import Actor
from domain.messages import Language, event_label, label, words
from domain.messages.days import day_text
from domain.rule_texts import quotes
from domain.words import EventType, Outcome, Stage
from ledger.queries.views import CaseDetail
from procedures.cautions import Caution, cautions
from starter.preview import Effect, effect_of

routers = both_routers()

UNGIVEN = "preview"
"""The key of a command that is not given."""


class QuoteOut(Out):
    """What the text says, verbatim."""

    paragraph: int | None
    quote: str
    carried_out: bool = Field(description="Whether it is what the event carries out of the article, as far as known.")


class WouldBeOut(Out):
    """An event as it would stand in the ledger."""

    type: EventType
    label: str
    actor: Actor
    stage: Stage
    statute: str
    article: str | None
    quotes: list[QuoteOut] = Field(description="What the case's text has of the article, verbatim.")
    data: dict[str, Any]


class CautionOut(Out):
    """What somebody should see before the command is given. It is refused for none of it."""

    about: str = Field(description="A finding that would be noted, or `longer_than_asked`. More words may come.")
    sentence: str
    statute: str
    article: str | None = Field(description="Where the case's text asks for it, if it does.")
    quote: str | None


class PreviewOut(Out):
    """What a command would do. Nothing of it is recorded."""

    request_id: str
    head: int = Field(description="The last event of the case on which this rests.")
    stage: Stage = Field(description="The stage afterwards.")
    stage_label: str
    outcome: Outcome | None
    outcome_label: str | None
    events: list[WouldBeOut]
    starts: list[ClockOut] = Field(description="Limits that would begin; `provisional`: a year without a notice.")
    ends: list[ClockOut] = Field(description="Limits that run now, as they would stand afterwards.")
    opens: list[OpenedOut] = Field(description="Cases that would follow from it.")
    asks_others: bool = Field(description="Other cases would be looked up as well; what they bring is not told here.")
    cautions: list[CautionOut] = Field(description="What to look at first; the command is refused for none of it.")


@at_both(
    "POST", "/{request_id}/commands/preview", routers, response_model=PreviewOut, summary="What a command would do"
)
async def preview(
    request_id: RequestId, body: CommandIn, request: Request, caller: CallerIn, if_match: IfMatch = None
) -> Response:
    """Ask what a command would do (预览): the same body, the same refusals, and nothing is recorded."""
    context, language = asked_of(request)
    case, effect = await previewed(context, caller, request_id, body, if_match)
    return answer(preview_out(case, effect, language), language, headers={"ETag": etag_of(case)})


async def previewed(
    context: AppContext, caller: Caller, request_id: str, body: CommandIn, if_match: str | None
) -> tuple[CaseDetail, Effect]:
    """A case, and what a command of a caller would do to it. Raises what giving the command would raise."""
    command = await command_of(context, caller, request_id, body, UNGIVEN, if_match)

    def asked() -> tuple[CaseDetail, Effect]:
        case = visible_case(context, caller, request_id)
        now = evolve_all(before_anything(case, case.statute_then), context.reader.events(request_id, limit=case.seq))
        calendar = context.calendar_store.now()
        return case, effect_of(now, command, context.received_now(), calendar)

    return await asyncio.to_thread(asked)


def preview_out(case: CaseDetail, effect: Effect, language: Language) -> PreviewOut:
    """What is told of an effect."""
    after = effect.after
    return PreviewOut.model_construct(
        request_id=case.request_id,
        head=case.seq,
        stage=after.stage,
        stage_label=label("stage", after.stage, language),
        outcome=after.outcome,
        outcome_label=label("outcome", after.outcome, language) if after.outcome else None,
        events=list(_would_be(effect, language)),
        starts=clocks_out(effect.started, language, case.statute),
        ends=clocks_out(effect.stopped, language, case.statute),
        opens=opened_out(effect.events, language),
        asks_others=effect.asks_others,
        cautions=[_caution_out(each, case.statute, language) for each in cautions(effect.before, effect.events)],
    )


def _caution_out(caution: Caution, statute: str, language: Language) -> CautionOut:
    kind = "caution" if caution.about in words("caution") else "finding"
    days = {name: day_text(day, language) for name, day in caution.days.items()}
    clause = caution.clause
    return CautionOut.model_construct(
        about=caution.about,
        sentence=label(kind, caution.about, language).format(**days),
        statute=(clause.statute if clause else None) or statute,
        article=clause.article if clause else None,
        quote=clause.quote if clause else None,
    )


def _would_be(effect: Effect, language: Language) -> Iterator[WouldBeOut]:
    stage = effect.before.stage
    for event in effect.events:
        found = quotes(effect.after.statute, event.statute, event.article) if event.article else ()
        meant = carried_out(event, effect.after, stage)
        stage = event.stage
        yield WouldBeOut.model_construct(
            type=event.type,
            label=event_label(event.type, event.data, language),
            actor=event.actor,
            stage=event.stage,
            statute=event.statute,
            article=event.article,
            quotes=[
                QuoteOut.model_construct(paragraph=each.paragraph, quote=each.quote, carried_out=each in meant)
                for each in found
            ],
            data=dict(event.data),
        )
