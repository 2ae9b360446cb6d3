"""Batches of retries: the list that was frozen, what came of each, and where the batch stands."""

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
"""Why what a cancelled batch did not come to was not executed."""
_NOW: Final = func.clock_timestamp()
_item = stuck_batch_items.c
_batch = stuck_batches.c
_OPEN: Final = (BatchState.RUNNING, BatchState.SUSPENDED)


@dataclass(frozen=True)
class RetriedItem:
    """One subject of a batch; ``result`` is None until it was come to, ``why`` as in ``Remedied``."""

    place: int
    subject: str
    begun: bool
    result: RemedyResult | None
    why: str | None


@dataclass(frozen=True)
class BatchRetry:
    """What a batch did about one subject: when, in whose name and why, and what came of it."""

    batch_id: str
    at: datetime
    by: Acting
    reason: str
    result: RemedyResult
    why: str


@dataclass(frozen=True)
class Batch:
    """A batch: which cause, why and by whom, where it stands; ``left_out``: how many more there were than it takes."""

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
        """How many came out how."""
        return {each: sum(item.result is each for item in self.items) for each in RemedyResult}


def prepare_batch(
    engine: Engine, batch_id: str, cause: str, reason: str, by: Acting, subjects: Sequence[str], left_out: int
) -> None:
    """Freeze the list of a batch; one that is there already stays as it is."""
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
    """Let a batch begin, with the act in the name of whoever confirms; False for one that was confirmed before."""
    return _moved(engine, batch_id, (BatchState.PREPARED,), act, state=BatchState.RUNNING.value, confirmed_at=_NOW)


def suspend_batch(engine: Engine, batch_id: str, act: NewAct) -> bool:
    """Have a running batch pause; False where it does not run."""
    return _moved(engine, batch_id, (BatchState.RUNNING,), act, state=BatchState.SUSPENDED.value)


def resume_batch(engine: Engine, batch_id: str, act: NewAct) -> bool:
    """Let a suspended batch go on; False where it is not suspended."""
    return _moved(engine, batch_id, (BatchState.SUSPENDED,), act, state=BatchState.RUNNING.value)


def cancel_batch(engine: Engine, batch_id: str, act: NewAct) -> bool:
    """End a batch before its end, or before its begin; False where it has ended."""
    whole = (BatchState.PREPARED, *_OPEN)
    return _moved(engine, batch_id, whole, act, state=BatchState.CANCELLED.value, ended_at=_NOW)


def _moved(engine: Engine, batch_id: str, before: Sequence[BatchState], act: NewAct, **values: Any) -> bool:
    change = update(stuck_batches).where(_batch.id == batch_id, _batch.state.in_([each.value for each in before]))
    with engine.begin() as connection:
        if connection.execute(change.values(values)).rowcount == 0:
            return False
        if values["state"] == BatchState.CANCELLED:
            # What is under way is told by whoever does it; what nobody has come to will not be done.
            _tell(connection, (_item.batch_id == batch_id, _item.begun_at.is_(None)), _NOT_DONE)
        note_act(connection, act)
        return True


def batch(engine: Engine, batch_id: str) -> Batch | None:
    """A batch with its list; None where there is none."""
    whole = select(stuck_batch_items).where(_item.batch_id == batch_id).order_by(_item.place)
    with reading(engine) as connection:
        found = connection.execute(select(stuck_batches).where(_batch.id == batch_id)).mappings().first()
        items = [_of(row) for row in connection.execute(whole)]
    if found is None:
        return None
    said = {**found, "by": Acting.model_validate(found["by"]), "state": BatchState(found["state"])}
    return Batch(**said, items=items)


def newest_batches(engine: Engine, limit: int = 20) -> list[Batch]:
    """The batches that were prepared last, without their lists."""
    query = select(stuck_batches).order_by(_batch.prepared_at.desc()).limit(limit)
    with reading(engine) as connection:
        rows = connection.execute(query).mappings().all()
    return [
        Batch(**{**row, "by": Acting.model_validate(row["by"]), "state": BatchState(row["state"])}, items=())
        for row in rows
    ]


def retries_of(engine: Engine, subject: str, limit: int = 20) -> list[BatchRetry]:
    """What came of one subject in batches, the newest first."""
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
    """The next subjects of a running batch to which nobody has come to an end, noted as begun; none where it rests."""
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
    """What came of one subject; told before, it stays."""
    with engine.begin() as connection:
        _tell(connection, (_item.batch_id == batch_id, _item.place == place), came)


def finish_batch(engine: Engine, batch_id: str) -> None:
    """A batch has come to its end; a cancelled one stays cancelled."""
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
