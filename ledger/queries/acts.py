"""Operators' acts: recorded together with what they do, and read by auditors."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, func, insert, select

from domain.evidence import GENESIS, plain
from domain.log.acts import Acting, ActKind, NewAct, OperatorAct, recorded_act
from ledger.engine import reading
from ledger.log_tables import operator_acts
from ledger.queries.cursors import numbered_cursor, read_numbered_cursor

_ACTS_LOCK = 0x61637473  # "acts" in ASCII: one writer at a time, because each act has the digest of the one before
_LIST = "act"
_MOST_ABOUT = 500


def note_act(connection: Connection, new: NewAct) -> OperatorAct:
    """Record an act within the caller's transaction, atomically with what it does; a transaction has one act at most.

    Call it last, because all other acts wait until the transaction ends.
    """
    connection.execute(select(func.pg_advisory_xact_lock(_ACTS_LOCK)))
    last = select(operator_acts.c.number, operator_acts.c.digest).order_by(operator_acts.c.number.desc()).limit(1)
    before = connection.execute(last).first()
    number, prev = (before.number + 1, before.digest) if before else (1, GENESIS)
    at = connection.execute(select(func.clock_timestamp())).scalar_one()
    act = recorded_act(new, number, at, prev)
    connection.execute(insert(operator_acts).values(_row(act)))
    return act


def act_alone(engine: Engine, new: NewAct) -> OperatorAct:
    """Record an act whose effect is elsewhere, before it is carried out."""
    with engine.begin() as connection:
        return note_act(connection, new)


def act_once(engine: Engine, new: NewAct, key: str) -> bool:
    """Record an act alone, under the caller's idempotency key; False if it was recorded before."""
    keyed = new.model_copy(update={"details": {**new.details, "key": key}})
    there = (operator_acts.c.target == new.target, operator_acts.c.kind == new.kind.value)
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_ACTS_LOCK)))
        said = operator_acts.c.details["key"].astext == key
        if connection.execute(select(operator_acts.c.number).where(*there, said)).first() is not None:
            return False
        note_act(connection, keyed)
        return True


def acts_on(engine: Engine, targets: Collection[str]) -> dict[str, list[OperatorAct]]:
    """The acts of operators on stuck subjects, by target, newest first, a limited number for each."""
    found: dict[str, list[OperatorAct]] = {}
    stuck = operator_acts.c.kind.like("stuck%")
    query = select(operator_acts).where(operator_acts.c.target.in_(targets), stuck)
    with reading(engine) as connection:
        rows = connection.execute(query.order_by(operator_acts.c.number.desc()).limit(_MOST_ABOUT)).mappings()
        for row in rows:
            found.setdefault(row["target"], []).append(_act(row))
    return found


def acts_of(engine: Engine, request_id: str) -> tuple[OperatorAct, ...]:
    """The acts about a case, in order."""
    query = select(operator_acts).where(operator_acts.c.request_id == request_id).order_by(operator_acts.c.number)
    with reading(engine) as connection:
        return tuple(_act(row) for row in connection.execute(query).mappings())


def settled_of(engine: Engine, difference: str, request_ids: Collection[str]) -> Mapping[str, frozenset[int | str]]:
    """What of these cases acts have settled of a kind of difference: numbers of events or digests of papers."""
    found: dict[str, frozenset[int | str]] = {}
    of_it = operator_acts.c.kind == ActKind.SETTLE, operator_acts.c.details["difference"].astext == difference
    query = select(operator_acts.c.request_id, operator_acts.c.details).where(
        operator_acts.c.request_id.in_(request_ids), *of_it
    )
    with reading(engine) as connection:
        for request_id, details in connection.execute(query):
            found[request_id] = found.get(request_id, frozenset()).union(details["of"])
    return found


def disposals_of(connection: Connection, request_ids: Collection[str]) -> Mapping[str, tuple[OperatorAct, ...]]:
    """The acts that disposed of something of these cases, by case, in order."""
    found: dict[str, tuple[OperatorAct, ...]] = {}
    of_these = operator_acts.c.request_id.in_(request_ids), operator_acts.c.kind == ActKind.DISPOSE
    for row in connection.execute(select(operator_acts).where(*of_these).order_by(operator_acts.c.number)).mappings():
        found[row["request_id"]] = (*found.get(row["request_id"], ()), _act(row))
    return found


def list_acts(engine: Engine, cursor: str | None, limit: int) -> tuple[Sequence[OperatorAct], str | None]:
    """A page of acts, newest first, and the cursor of the next page. Raises BadCursor."""
    query = select(operator_acts).order_by(operator_acts.c.number.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(operator_acts.c.number < read_numbered_cursor(_LIST, cursor))
    with reading(engine) as connection:
        found = [_act(row) for row in connection.execute(query).mappings()]
    page = found[:limit]
    return page, numbered_cursor(_LIST, page[-1].number) if len(found) > limit else None


def _row(act: OperatorAct) -> dict[str, Any]:
    said = {name: getattr(act, name) for name in OperatorAct.model_fields}
    return {**said, "by": plain(act.by), "details": plain(act.details)}


def _act(row: RowMapping) -> OperatorAct:
    said = {name: row[name] for name in OperatorAct.model_fields}
    return OperatorAct(**{**said, "by": Acting.model_validate(row["by"])})
