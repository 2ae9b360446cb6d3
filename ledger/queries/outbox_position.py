"""Positions in the outbox, and the requests of its newest messages."""

from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, ScalarSelect, func, select
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from ledger.tables import outbox, outbox_marks

AT_ONCE = 1000


class Mark(StrEnum):
    """Marks in the outbox: how far it was pruned, counted and logged."""

    PRUNED = "pruned"
    COUNTED = "counted"
    LOGGED = "logged"


def mark(of: Mark) -> ScalarSelect[Any]:
    """The position of a mark, initially 0."""
    there = select(outbox_marks.c.position).where(outbox_marks.c.mark == of).scalar_subquery()
    return select(func.coalesce(there, 0)).scalar_subquery()


def move_mark(connection: Connection, of: Mark, to: int) -> None:
    """Move a mark forward, within the caller's transaction."""
    put = insert_or_skip(outbox_marks).values(mark=of, position=to)
    connection.execute(put.on_conflict_do_update(index_elements=["mark"], set_={"position": to}))


def newest_position() -> ScalarSelect[Any]:
    """The position of the newest message that readers may read up to; 0 if there is none."""
    settled = outbox.c.position < func.outbox_horizon()
    return select(func.coalesce(func.max(outbox.c.position), 0)).where(settled).scalar_subquery()


def newest_message(engine: Engine) -> int:
    """The position of the newest message; 0 if there is none."""
    with engine.connect() as connection:
        newest: int = connection.execute(select(newest_position())).scalar_one()
        return newest


def requests_told_after(engine: Engine, after: int) -> tuple[int, frozenset[str]]:
    """The newest of the next positions after one (or that one, if there are none), and their requests."""
    query = (
        select(outbox.c.position, outbox.c.request_id)
        .where(outbox.c.position > after, outbox.c.position < func.outbox_horizon())
        .order_by(outbox.c.position)
        .limit(AT_ONCE)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return (rows[-1].position if rows else after), frozenset(row.request_id for row in rows)
