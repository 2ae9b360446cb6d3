"""What every played case must bear: its ledger holds, it can be handed over, its dates are right."""

import asyncio
import json
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta

import chinese_calendar
import pytest

from api.cases.presenters import before_anything
from background.archive.altered import altered_cases
from domain.calendar import CHINA
from domain.clocks import ClockId
from domain.engine.commands import Command
from domain.engine.decision import Refused
from domain.engine.evolve import evolve
from domain.engine.records import Actor, Clock
from domain.engine.snapshot import restore_snapshot, take_snapshot
from domain.evidence import verify_chain
from domain.statutes.loader import packaged_statutes
from domain.words import Basis, ClockState, EventType, Outcome, ProcedureName, Role, Unit
from embedded.simulate.player import PlayedCase
from embedded.simulate.sandbox import Sandbox
from ledger.queries.cases import get_case
from ledger.queries.events import events_of
from procedures.registry import PROCEDURES, decide
from tests.forms import either
from tests.plays import IMPASSE, Plays


def test_policy_never_passes_for_law(every_play: dict[str, PlayedCase]) -> None:
    for name, played in every_play.items():
        limits = {limit.clock for limit in packaged_statutes()[played.scenario.statute].limits} if played.case else ()
        for clock in played.clocks:
            if played.scenario.procedure is ProcedureName.SHARE_REQUEST:
                assert (clock.basis is Basis.STATUTE) == (clock.id in limits), f"{name}: {clock.id}"
            assert clock.basis is not Basis.STATUTE or clock.id in {*limits, ClockId.DUTY}, f"{name}: {clock.id}"
            assert (clock.article is None, clock.quote is None) == (clock.basis is Basis.POLICY,) * 2, name


@pytest.mark.long
async def test_every_ledger_holds(real_plays: dict[str, PlayedCase], ground: Sandbox) -> None:
    for name, played in real_plays.items():
        if played.request_id is None:
            continue
        stored = await asyncio.to_thread(get_case, ground.engine, played.request_id)
        assert stored is not None, name
        # A case that stays open lives on after its play: time may have done more to it since.
        events = await asyncio.to_thread(events_of, ground.engine, played.request_id)
        assert [*altered_cases(ground.engine, [played.request_id])] == []
        verify_chain(events, stored.algorithm, head=stored.head_digest)
        assert [event.seq for event in events] == list(range(1, stored.seq + 1)), name
        assert list(events[: len(played.events)]) == list(played.events), name
        assert stored.stage == events[-1].stage, name
        types = [event.type for event in events]
        if stored.outcome is not None:
            assert types.index(EventType.CLOSED) == len(types) - 1, name
            assert not any(clock.open for clock in stored.clocks), name
        if len(events) == len(played.events):
            assert (list(stored.clocks), stored.outcome) == (
                list(played.clocks),
                played.case and played.case.outcome,
            ), name
        instants = [event.at for event in events]
        assert instants == sorted(instants), name


@pytest.mark.long
async def test_in_no_state_does_a_stranger_or_a_watcher_decide(
    real_plays: dict[str, PlayedCase], ground: Sandbox
) -> None:
    tried = 0
    for played in real_plays.values():
        detail = await asyncio.to_thread(get_case, ground.engine, played.request_id) if played.request_id else None
        if detail is None or played.scenario.procedure is ProcedureName.SHARE_REQUEST:
            continue
        rules = PROCEDURES[played.scenario.procedure].rules
        case = before_anything(detail, packaged_statutes()[played.scenario.statute])
        for event in played.events:
            case = evolve(case, event)
            strangers = [Actor(role=role, org="STRANGER") for role in (Role.REQUESTER, Role.PROVIDER)]
            watchers = [Actor(role=role, org="WATCHER") for role in (Role.AUDITOR, Role.OPERATOR)]
            for command in rules:
                for actor in (*strangers, *watchers):
                    tried += 1
                    with pytest.raises(Refused):
                        decide(case, Command(name=command, actor=actor, key="k"), event.at)
    assert tried > either(7_000, 20_000)


@pytest.mark.long
async def test_in_every_state_a_case_can_be_handed_over_whole(
    real_plays: dict[str, PlayedCase], ground: Sandbox
) -> None:
    """What one run of a workflow leaves to the next is the case again, to the last fact, in every procedure."""
    procedures = set()
    for played in real_plays.values():
        detail = await asyncio.to_thread(get_case, ground.engine, played.request_id) if played.request_id else None
        if detail is None:
            continue
        new = case = before_anything(detail, packaged_statutes()[played.scenario.statute])
        for event in played.events:
            case = evolve(case, event)
            assert restore_snapshot(new, json.loads(json.dumps(take_snapshot(case)))) == case
        procedures.add(played.scenario.procedure)
    assert procedures == set(ProcedureName)


def test_every_due_date_agrees_with_an_independent_calendar(every_play: dict[str, PlayedCase], ground: Sandbox) -> None:
    published = [edition.published for edition in ground.calendar.editions]
    counted = 0
    for name, played in every_play.items():
        for clock in played.clocks:
            if clock.state is ClockState.SUPERSEDED or _decided_by_later_knowledge(clock, published):
                continue
            if clock.unit is not Unit.WORKING_DAY:
                assert _due_by_the_civil_code(clock) in (clock.due_date, None), f"{name}: {clock.id}"
                continue
            day, left = clock.started_at.astimezone(CHINA).date(), clock.amount
            while left and day.year < 2027:
                day += timedelta(days=1)
                left -= day.year < 2027 and chinese_calendar.is_workday(day)
            counted += left == 0
            assert left or (clock.due_date, clock.provisional) == (day, False), f"{name}: {clock.id}"
            assert not left or clock.provisional, f"{name}: {clock.id}"
    assert counted > 250


def _due_by_the_civil_code(clock: Clock) -> date | None:
    """The last day of a limit in months, or of one fixed to a day; None where no notice says which days are off."""
    start = clock.started_at.astimezone(CHINA).date()
    if clock.unit is Unit.DATE:
        return start + timedelta(days=clock.amount)
    months = start.month - 1 + clock.amount
    year, month = start.year + months // 12, months % 12 + 1
    day = date(year, month, min(start.day, monthrange(year, month)[1]))
    while day.year < 2027 and not chinese_calendar.is_workday(day):
        day += timedelta(days=1)
    return day if day.year < 2027 else None


def _decided_by_later_knowledge(clock: Clock, published: Iterable[date]) -> bool:
    """Whether a notice came out before the last day, but after the clock had ended: closed clocks stay as they were."""
    ended = clock.ended_at.astimezone(CHINA).date() if clock.ended_at else date.max
    return any(ended < day <= clock.due_date for day in published)


async def test_a_dispute_stays_a_short_history(plays: Plays) -> None:
    played = await plays[IMPASSE]
    assert played.case is not None
    assert played.case.outcome is Outcome.UNRESOLVED
    assert 0 < played.history_length < 90
