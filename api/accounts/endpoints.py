"""The account of a case over HTTP: what it has come through, in words and with its articles."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fastapi import Request, Response
from pydantic import Field

from api.accounts.account import Account, CountedLimit, Replaced, Round
from api.accounts.chain import ChainLink, chain_of
from api.audit.presenters import finding_out
from api.audit.schemas import FindingOut
from api.cases.presenters import etag_of
from api.cases.routers import at_both, both_routers
from api.context import AppContext
from api.dependencies import CallerIn, RequestId, asked_of, visible_case
from api.http.responses import answer
from api.http.schemas import Out
from audit.replay.case import RecordedCase
from domain.access import Caller
from domain.clocks import ClockId
from domain.engine.records import Actor
from domain.evidence import plain
from domain.messages import Language, label
from domain.words import EventType, Outcome, Stage
from ledger.queries.views import CaseDetail

routers = both_routers()


class StagePassedOut(Out):
    """A stage in which the case was; `until` is null for the present one."""

    stage: Stage
    label: str
    since: datetime
    until: datetime | None


class DayOut(Out):
    """A day of a limit: the number counted on it (null: not counted), and why."""

    day: date
    number: int | None
    working: bool
    text: str


class CountedOut(Out):
    """A limit day by day; no days where it is fixed to a day, or longer than is told here."""

    number: int
    id: ClockId
    label: str
    due_date: date
    days: list[DayOut]


class SaidOut(Out):
    """What somebody said while departments differed, part by part."""

    seq: int
    at: datetime
    event: EventType
    event_label: str
    actor: Actor
    said: dict[str, Any]


class RoundOut(Out):
    """A round: what was said from one proposal to the next; 0 is what came before the first."""

    number: int
    said: list[SaidOut]


class ChangeOut(Out):
    """Something that was put in the place of something else. `clock`: the number of the limit whose last day moved."""

    seq: int
    at: datetime
    name: str
    before: Any
    after: Any
    clock: int | None
    why: str | None


class LinkOut(Out):
    """A case of the chain; `depth` counts from the first, `present` is the one that was asked about."""

    request_id: str
    procedure: str
    procedure_label: str
    stage: Stage
    stage_label: str
    outcome: Outcome | None
    outcome_label: str | None
    depth: int
    present: bool


class NamedCaseOut(Out):
    """Another case that this one names, and what it is to it."""

    request_id: str
    relation: str
    relation_label: str


class NamedPaperOut(Out):
    """A paper that the case names; `event` is the first that does."""

    event: int
    name: str
    sha256: str | None
    sealed: bool


class AccountOut(Out):
    """What a case has come through."""

    request_id: str
    head: int
    stages: list[StagePassedOut]
    limits: list[CountedOut]
    late: list[FindingOut] = Field(description="Limits of a text or a decision that were missed, and by whom.")
    rounds: list[RoundOut]
    changes: list[ChangeOut]
    chain: list[LinkOut] = Field(description="What led to it and what followed, as far as you may see it.")
    related: list[NamedCaseOut]
    papers: list[NamedPaperOut]


@dataclass(frozen=True)
class CaseTold:
    """A case, its account, and the chain in which it stands."""

    case: CaseDetail
    account: Account
    chain: Sequence[ChainLink]


@at_both("GET", "/{request_id}/account", routers, response_model=AccountOut, summary="What a case has come through")
async def account(request_id: RequestId, request: Request, caller: CallerIn) -> Response:
    """Stages, limits day by day, lateness and whose it was, rounds, changes, the chain of cases, papers."""
    context, language = asked_of(request)
    told = await asyncio.to_thread(told_of, context, caller, request_id)
    return answer(account_out(told, language), language, headers={"ETag": etag_of(told.case)})


def told_of(context: AppContext, caller: Caller, request_id: str) -> CaseTold:
    """A case that the caller may see, with its account; blocking. Raises NotFound for all others."""
    case = visible_case(context, caller, request_id)
    events = context.reader.events(request_id, limit=case.seq)
    recorded = RecordedCase(request_id, case.statute_then, case.policy_then, case.application, events)
    account = Account(recorded, context.calendar_store.now(), max(context.known_on(), events[-1].at))
    return CaseTold(case, account, chain_of(context, caller, case))


def account_out(told: CaseTold, language: Language) -> AccountOut:
    """What is shown of an account."""
    account = told.account
    return AccountOut.model_construct(
        request_id=told.case.request_id,
        head=told.case.seq,
        stages=[
            StagePassedOut.model_construct(
                stage=it.stage, label=label("stage", it.stage, language), since=it.since, until=it.until
            )
            for it in account.stages
        ],
        limits=[_counted(it, language) for it in account.counted.values()],
        late=[finding_out(it, language) for it in account.late],
        rounds=[_round(it, language) for it in account.rounds],
        changes=[change_out(it) for it in account.changes],
        chain=[_link(it, told.case, language) for it in told.chain],
        related=[
            NamedCaseOut.model_construct(
                request_id=it.request_id,
                relation=it.relation,
                relation_label=label("related_as", it.relation, language),
            )
            for it in account.related
        ],
        papers=[
            NamedPaperOut.model_construct(event=it.event, name=it.name, sha256=it.sha256, sealed=it.sealed)
            for it in account.papers
        ],
    )


def _counted(limit: CountedLimit, language: Language) -> CountedOut:
    clock = limit.clock
    return CountedOut.model_construct(
        number=clock.number,
        id=clock.id,
        label=label("clock", clock.id, language),
        due_date=clock.due_date,
        days=[
            DayOut.model_construct(
                day=row.day,
                number=row.number,
                working=row.working,
                text=row.text_zh if language == "zh" else row.text_en,
            )
            for row in limit.days
        ],
    )


def _round(it: Round, language: Language) -> RoundOut:
    return RoundOut.model_construct(
        number=it.number,
        said=[
            SaidOut.model_construct(
                seq=each.event.seq,
                at=each.event.at,
                event=each.event.type,
                event_label=label("event", each.event.type, language),
                actor=each.event.actor,
                said=dict(each.parts),
            )
            for each in it.said
        ],
    )


def change_out(it: Replaced) -> ChangeOut:
    """What is shown of a change."""
    return ChangeOut.model_construct(
        seq=it.event.seq,
        at=it.event.at,
        name=it.name,
        before=plain(it.before),
        after=plain(it.after),
        clock=it.clock.number if it.clock else None,
        why=it.why,
    )


def _link(link: ChainLink, present: CaseDetail, language: Language) -> LinkOut:
    case = link.case
    return LinkOut.model_construct(
        request_id=case.request_id,
        procedure=case.procedure,
        procedure_label=label("procedure", case.procedure, language),
        stage=case.stage,
        stage_label=label("stage", case.stage, language),
        outcome=case.outcome,
        outcome_label=label("outcome", case.outcome, language) if case.outcome else None,
        depth=link.depth,
        present=case.request_id == present.request_id,
    )
