"""A ledger of very many cases of every procedure, made of a few that were played on paper (``bench/filling.py``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from bench.filling import NUMERALS, Original, fill
from domain.engine.records import ClockOrder, Event, RecordedEvent, Step
from domain.words import ProcedureName, Stage
from ledger.queries.notes import NewNote, add_note
from ledger.queries.operations import park
from ledger.recording import record_step
from ledger.rule_text_store import RuleTextStore
from tests.engine.cases import PROVIDER, REQUESTER
from tests.plays import FILES, on_paper, scenario_of
from tests.pure_play import PurePlay
from workflows.recording import header

CODES: Final = {code: code[:-1] for code in (REQUESTER, PROVIDER)}
"""The departments of the cases, each with its code but the last digit, by which those of the copies differ."""
OPEN_OF_EACH: Final = 20
DISPUTES: Final = frozenset({Stage.NEGOTIATION, Stage.COORDINATION, Stage.FINAL_INSTANCE})


@dataclass(frozen=True)
class FilledLedger:
    """A filled ledger: an open case and a closed one of each procedure, from which all others were copied."""

    opened: Mapping[ProcedureName, str]
    closed: Mapping[ProcedureName, str]


def crowd(engine: Engine, url: str, cases: int) -> FilledLedger:
    """Fill a new ledger with so many cases, OPEN_OF_EACH of them open in each procedure, held up and with a note."""
    opened = {name: _written(engine, name, is_open=True) for name in ProcedureName}
    closed = {name: _written(engine, name, is_open=False) for name in ProcedureName}
    for request_id in opened.values():
        park(engine, request_id, "ledger_unavailable")
        add_note(engine, NewNote(request_id, "bureau", None, "zhang-san", None, "已电话提醒", "note"))
    few = OPEN_OF_EACH * 1000 // cases
    many = (1000 - few * len(opened)) // len(closed)
    # Closed or not, each is copied whole: pages look at what happened in closed cases, too.
    originals = [
        Original(each, _key_of(each), closed=False, of_a_thousand=number)
        for cases_of, number in ((opened, few), (closed, many))
        for each in cases_of.values()
    ]
    fill(url, originals, cases, CODES)
    return FilledLedger(opened, closed)


def _played(name: ProcedureName, is_open: bool) -> PurePlay:
    """A play of a procedure that ends open or closed; open, rather in a dispute."""
    of_procedure = [on_paper(path) for path in FILES if scenario_of(path).procedure is name]
    found = [play for play in of_procedure if play.paper is not None and play.paper.case.closed is not is_open]
    return next((play for play in found if play.paper and play.paper.case.stage in DISPUTES), found[0])


def _key_of(request_id: str) -> str:
    return f"key-{request_id}"


def _written(engine: Engine, name: ProcedureName, is_open: bool) -> str:
    """Record what came of a play as a case of its own; its id."""
    play = _played(name, is_open)
    assert play.paper is not None
    assert play.filing is not None
    opening, clocks = play.filing.opening, {clock.number: clock for clock in play.paper.case.clocks.values()}
    before = play.paper.case.request_id.rpartition("-")[0]
    request_id = f"{before}-{'OPENOPEN' if is_open else 'DONEDONE'}{'A' * NUMERALS}"
    RuleTextStore(engine).store(*opening.rule_texts)
    step = Step(
        request_id=request_id,
        statute=opening.statute,
        head=0,
        events=[_event(event) for event in play.paper.events],
        key=_key_of(request_id),
        header={**header(opening, play.filing.case, request_id), "filing_key": _key_of(request_id)},
    )
    record_step(engine, step, lambda order, *_: clocks[order.number], "sm3")
    return request_id


def _event(recorded: RecordedEvent) -> Event:
    """An event as the rules said it, before it was recorded on paper."""
    said = {name: getattr(recorded, name) for name in Event.model_fields if name != "order"}
    clock = recorded.clock
    order = clock and {name: getattr(clock, name) for name in ClockOrder.model_fields if hasattr(clock, name)}
    return Event(**said, order=ClockOrder(**order) if order else None)
