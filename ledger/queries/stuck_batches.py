"""Batches of retries: the frozen list, the result of each item, and the state of the batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, func, insert, select, update

from domain.log.acts import Acting, NewAct
from domain.stuck import LARGEST_BATCH, BatchState, Remedied, RemedyResult
from ledger.engine import reading
from ledger.queries.acts import note_act
from ledger.stuck_tables import stuck_batch_items, stuck_batches

CANCELLED: Final = "cancelled"
"""The reason given for items that a cancelled batch did not reach."""
_NOW: Final = func.clock_timestamp()
_item = stuck_batch_items.c
_batch = stuck_batches.c
_OPEN: Final = (BatchState.RUNNING, BatchState.SUSPENDED)


@dataclass(frozen=True)
class RetriedItem:
    """One subject of a batch; ``result`` is None until it was tried, ``why`` as in ``Remedied``."""

    place: int
    subject: str
    begun: bool
    result: RemedyResult | None
    why: str | None


@dataclass(frozen=True)
class BatchRetry:
    """A batch's retry of one subject: when, by whom and why, and the result."""

    batch_id: str
    at: datetime
    by: Acting
    reason: str
    result: RemedyResult
    why: str


@dataclass(frozen=True)
class Batch:
    """A batch: its cause, reason, author and state; ``left_out``: how many subjects were too many for it."""

    id: str
    cause: str
    reason: str
    by: Acting
    state: BatchState
    left_out: int
    prepared_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    items: Sequence[RetriedItem]

    @property
    def results(self) -> dict[RemedyResult, int]:
        """How many items have each result."""
        return {each: sum(item.result is each for item in self.items) for each in RemedyResult}


def prepare_batch(
    engine: Engine, batch_id: str, cause: str, reason: str, by: Acting, subjects: Sequence[str], left_out: int
) -> None:
    """Store a batch with its frozen list; an existing one stays as it is."""
    with engine.begin() as connection:
        if connection.execute(select(_batch.id).where(_batch.id == batch_id)).first() is not None:
            return
        connection.execute(
            insert(stuck_batches).values(
                id=batch_id,
                cause=cause,
                reason=reason,
                by=by.model_dump(mode="json"),
                state=BatchState.PREPARED.value,
                left_out=left_out,
            )
        )
        rows = [{"batch_id": batch_id, "place": n, "subject": it} for n, it in enumerate(subjects[:LARGEST_BATCH])]
        if rows:
            connection.execute(insert(stuck_batch_items), rows)


def confirm_batch(engine: Engine, batch_id: str, act: NewAct) -> bool:
    """Start a batch, with the act of whoever confirms it; False if it was confirmed before."""
    return _moved(engine, batch_id, (BatchState.PREPARED,), act, state=BatchState.RUNNING.value, confirmed_at=_NOW)


def suspend_batch(engine: Engine, batch_id: str, act: NewAct) -> bool:
    """Suspend a running batch; False if it is not running."""
    return _moved(engine, batch_id, (BatchState.RUNNING,), act, state=BatchState.SUSPENDED.value)


def resume_batch(engine: Engine, batch_id: str, act: NewAct) -> bool:
    """Resume a suspended batch; False if it is not suspended."""
    return _moved(engine, batch_id, (BatchState.SUSPENDED,), act, state=BatchState.RUNNING.value)


def cancel_batch(engine: Engine, batch_id: str, act: NewAct) -> bool:
    """Cancel a batch that has not finished; False if it has."""
    whole = (BatchState.PREPARED, *_OPEN)
    return _moved(engine, batch_id, whole, act, state=BatchState.CANCELLED.value, ended_at=_NOW)


def _moved(engine: Engine, batch_id: str, before: Sequence[BatchState], act: NewAct, **values: Any) -> bool:
    change = update(stuck_batches).where(_batch.id == batch_id, _batch.state.in_([each.value for each in before]))
    with engine.begin() as connection:
        if connection.execute(change.values(values)).rowcount == 0:
            return False
        if values["state"] == BatchState.CANCELLED:
            # Items in progress get their result from whoever tries them; the others will not be executed.
            _tell(connection, (_item.batch_id == batch_id, _item.begun_at.is_(None)), _NOT_DONE)
        note_act(connection, act)
        return True


def batch(engine: Engine, batch_id: str) -> Batch | None:
    """A batch with its list; None if there is no such batch."""
    whole = select(stuck_batch_items).where(_item.batch_id == batch_id).order_by(_item.place)
    with reading(engine) as connection:
        found = connection.execute(select(stuck_batches).where(_batch.id == batch_id)).mappings().first()
        items = [_of(row) for row in connection.execute(whole)]
    if found is None:
        return None
    said = {**found, "by": Acting.model_validate(found["by"]), "state": BatchState(found["state"])}
    return Batch(**said, items=items)


def newest_batches(engine: Engine, limit: int = 20) -> list[Batch]:
    """The batches prepared last, without their lists."""
    query = select(stuck_batches).order_by(_batch.prepared_at.desc()).limit(limit)
    with reading(engine) as connection:
        rows = connection.execute(query).mappings().all()
    return [
        Batch(**{**row, "by": Acting.model_validate(row["by"]), "state": BatchState(row["state"])}, items=())
        for row in rows
    ]


def retries_of(engine: Engine, subject: str, limit: int = 20) -> list[BatchRetry]:
    """The results of one subject in batches, newest first."""
    query = (
        select(_item.batch_id, _item.result, _item.why, _item.ended_at, _batch.by, _batch.reason)
        .join(stuck_batches, _batch.id == _item.batch_id)
        .where(_item.subject == subject, _item.result.is_not(None))
        .order_by(_item.ended_at.desc())
        .limit(limit)
    )
    with reading(engine) as connection:
        return [
            BatchRetry(
                row.batch_id,
                row.ended_at,
                Acting.model_validate(row.by),
                row.reason,
                RemedyResult(row.result),
                row.why or "",
            )
            for row in connection.execute(query)
        ]


def next_items(engine: Engine, batch_id: str, limit: int) -> list[RetriedItem]:
    """The next items of a running batch without a result, marked as begun; none if it is not running."""
    query = select(stuck_batch_items).where(_item.batch_id == batch_id, _item.result.is_(None))
    with engine.begin() as connection:
        state = connection.execute(select(_batch.state).where(_batch.id == batch_id).with_for_update()).scalar()
        if state not in (BatchState.RUNNING, BatchState.CANCELLED):
            return []
        begun = (_item.begun_at.is_not(None),) if state == BatchState.CANCELLED else ()
        found = [_of(row) for row in connection.execute(query.where(*begun).order_by(_item.place).limit(limit))]
        places = [each.place for each in found if not each.begun]
        change = update(stuck_batch_items).where(_item.batch_id == batch_id, _item.place.in_(places))
        connection.execute(change.values(begun_at=_NOW))
        return found


def note_result(engine: Engine, batch_id: str, place: int, came: Remedied) -> None:
    """Record the result of one item, once."""
    with engine.begin() as connection:
        _tell(connection, (_item.batch_id == batch_id, _item.place == place), came)


def finish_batch(engine: Engine, batch_id: str) -> None:
    """Mark a batch as finished; a cancelled one stays cancelled."""
    change = update(stuck_batches).where(_batch.id == batch_id, _batch.state.in_([each.value for each in _OPEN]))
    with engine.begin() as connection:
        connection.execute(change.values(state=BatchState.FINISHED.value, ended_at=_NOW))


_NOT_DONE: Final = Remedied(RemedyResult.NOT_EXECUTED, CANCELLED)


def _tell(connection: Any, which: Sequence[ColumnElement[bool]], came: Remedied) -> None:
    change = update(stuck_batch_items).where(*which, _item.result.is_(None))
    connection.execute(change.values(result=came.result.value, why=came.why, ended_at=_NOW))


def _of(row: Any) -> RetriedItem:
    result = RemedyResult(row.result) if row.result else None
    return RetriedItem(row.place, row.subject, row.begun_at is not None, result, row.why)
