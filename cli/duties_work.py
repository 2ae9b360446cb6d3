"""What the ``shareflow duties`` commands do on a running engine."""

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Any

import typer

from cli.connection import connected
from cli.errors import REFUSED, UNUSABLE, Failure
from cli.options import option
from cli.output import print_json, print_table
from cli.who import operator
from configuration.departments import departments_in_force
from configuration.settings import Settings
from domain.access import place_of
from domain.calendar import CHINA
from domain.codes import code_key
from domain.departments import Departments
from domain.engine.decision import PLATFORM
from domain.log.acts import ActKind, NewAct
from domain.messages import label
from domain.policy import Policy
from domain.refusal_codes import RefusalCode
from domain.statutes.in_force import NothingInForce, statute_in_force
from domain.statutes.loader import get_statute, packaged_statutes
from domain.statutes.sections import Duty
from domain.words import ProcedureName, Role
from ledger.writer import Writer
from procedures.periodic_duty.rules import duty_named
from protocol.connecting import TemporalClient
from protocol.rounds import RoundOrder, RoundResult
from starter.case_opening import enter_case, matter_of
from starter.duty_rounds import run_round
from starter.duty_schedules import State, Synced, states, sync_schedules
from starter.errors import InvalidInput, RequestRefused
from starter.failures import ledger_answers, refused_by

NOBODY = f"No place is listed: name a file of departments with {Settings.departments.variable}."


async def tell_duties(as_json: bool) -> None:
    """Tell every duty that there must be a schedule for, and what there is."""
    departments = departments_in_force()
    async with connected() as client:
        found = await states(client.temporal, departments, client.policy)
    if as_json:
        print_json([_brief(state) for state in found])
        return
    rows = [
        (x.wanted.place, x.wanted.duty.id, x.wanted.duty.name.zh, _whose(x), x.wanted.recurrence, _next(x))
        for x in found
    ]
    print_table("定期工作 Periodic duties", ("place", "duty", "名称", "by", "every", "next round"), rows)
    if not rows:
        typer.echo(NOBODY)


def _brief(state: State) -> dict[str, Any]:
    duty = state.wanted.duty
    return {
        "place": state.wanted.place,
        "duty": duty.id,
        "by": duty.by,
        "every": duty.every,
        "period": state.wanted.recurrence,
        "article": duty.clause.article,
        "basis": "policy" if duty.every == "regular" else "statute",
        "schedule": state.wanted.id if state.there else None,
        "paused": state.paused,
        "next_at": state.next_at.astimezone(CHINA).isoformat() if state.next_at else None,
    }


def _whose(state: State) -> str:
    by = state.wanted.duty.by
    return label("role", by, "en") if by else ""


def _next(state: State) -> str:
    if not state.there:
        return "no schedule: run `shareflow duties sync`"
    at = f"{state.next_at.astimezone(CHINA):%Y-%m-%d %H:%M}" if state.next_at else "none"
    return f"{at} (paused)" if state.paused else at


async def sync_and_tell(as_json: bool) -> None:
    """Make the schedules what they should be and tell what was changed."""
    departments = departments_in_force()
    async with connected() as client:
        synced = await synced_on_record(client.temporal, client.writer, departments, client.policy)
    if as_json:
        print_json(asdict(synced))
        return
    typer.echo(told(synced))


async def synced_on_record(
    temporal: TemporalClient, writer: Writer, departments: Departments, policy: Policy
) -> Synced:
    """Make the schedules what they should be, and record it before. Raises Unavailable."""
    await _note(writer, NewAct(kind=ActKind.DUTIES_SYNC, by=operator(), target="duties"))
    return await sync_schedules(temporal, departments, policy)


def told(synced: Synced) -> str:
    """What a sync did, as a sentence."""
    if not any(asdict(synced).values()):
        return NOBODY
    counts = ", ".join(f"{len(ids)} {what}" for what, ids in asdict(synced).items())
    return f"Schedules of periodic duties: {counts}."


async def open_and_tell(
    statute: str, duty: str, period: str, department: str | None, name: str | None, as_json: bool
) -> None:
    """Open cases by hand and tell which. What the rules refuse is told before anything is begun."""
    departments = departments_in_force()
    async with connected() as client:
        order = _order(statute, duty, option("--period", str, period), department, name, departments, client.policy)
        told = order.model_dump(mode="json", exclude_none=True)
        target = f"duty/{order.statute}/{order.duty}"
        await _note(client.writer, NewAct(kind=ActKind.DUTIES_OPEN, by=operator(), target=target, details=told))
        result = await run_round(client.temporal, order)
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        for case in result.opened:
            typer.echo(f"{case} opened")
        for case in result.there:
            typer.echo(f"{case} was there")
    _fail_unless_all_are_open(result, order)


async def _note(writer: Writer, act: NewAct) -> None:
    """Record what is about to be done in Temporal. Raises Unavailable where the ledger does not answer."""
    with ledger_answers():
        await asyncio.to_thread(writer.note_act, act)


def _order(
    statute: str,
    duty: str,
    period: str,
    department: str | None,
    name: str | None,
    departments: Departments,
    policy: Policy,
) -> RoundOrder:
    """The round that was asked for. Raises RequestRefused, UnknownStatute, InvalidInput."""
    text = get_statute(_text(statute))
    found = duty_named(text, duty)
    if found is None:
        known = ", ".join(x.id for x in text.duties or ()) or "none"
        raise RequestRefused(RefusalCode.UNKNOWN_DUTY, None, text.id, {"duty": duty[:60], "known": known})
    listed = {code_key(x.code): x for x in departments.get(place_of(text.id), ())}
    if found.by is not Role.PROVIDER and (department or name):
        raise InvalidInput(f"--department is for the duties of departments; {duty} is the {found.by}'s.")
    if found.by is Role.PROVIDER:
        code = department or next((x.code for x in listed.values()), None)
        if code is None:
            raise InvalidInput(f"--department must name one: no department of {place_of(text.id)} is listed.")
        there = listed.get(code_key(code))
        named = name if department and name else there.name if there else None
        if named is None:
            raise InvalidInput(f"--name must say what {code} is called: the list of departments does not have it.")
        _ask_the_rules(text.id, found, period, {"code": code, "name": named}, policy)
        # The worker may read another list, or none.
        name = named if department else None
    else:
        _ask_the_rules(text.id, found, period, {}, policy)
    return RoundOrder(statute=text.id, duty=duty, period=period, department=department, name=name)


def _text(statute_or_place: str) -> str:
    """A statute's id as it is; for a place, the text in force there today."""
    if statute_or_place in packaged_statutes():
        return statute_or_place
    try:
        return statute_in_force(statute_or_place, datetime.now(CHINA).date())
    except NothingInForce:
        return statute_or_place  # which get_statute refuses, naming those that there are


def _ask_the_rules(statute: str, duty: Duty, period: str, department: dict[str, str], policy: Policy) -> None:
    when = "produced_on" if duty.every == "event" else "period"
    matter = matter_of(ProcedureName.PERIODIC_DUTY, {"duty": duty.id, when: period, "department": department})
    enter_case(ProcedureName.PERIODIC_DUTY, statute, matter, PLATFORM, policy, key="asked")


def _fail_unless_all_are_open(result: RoundResult, order: RoundOrder) -> None:
    """Raises Failure with what is not open and why: for good (1), or because something was away (2)."""
    refused = [f"{case} was not opened: {refused_by(note)}" for case, note in result.refused.items()]
    failed = [f"{case} could not be opened: {why}" for case, why in result.failed.items()]
    if failed:
        again = "ask again: what is there stays as it is"
        raise Failure("; ".join([*refused, *failed, again]) + ".", UNUSABLE)
    if refused:
        raise Failure("; ".join(refused) + ".", REFUSED)
    if not result.opened and not result.there:
        place = place_of(order.statute)
        raise Failure(
            "No case was opened: the list of departments that the worker reads "
            f"({Settings.departments.variable}) has nobody in {place} "
            f"whom {order.duty} binds.",
            REFUSED,
        )
