"""How far the outbox has come, and whom its newest messages concern."""

from typing import Any

from sqlalchemy import Engine, ScalarSelect, func, select

from ledger.tables import outbox

AT_ONCE = 1000


def newest_position() -> ScalarSelect[Any]:
    """The position of the newest message that a reader may pass; 0 when there is none."""
    settled = outbox.c.position < func.outbox_horizon()
    return select(func.coalesce(func.max(outbox.c.position), 0)).where(settled).scalar_subquery()


def newest_message(engine: Engine) -> int:
    """The position of the newest message; 0 when there is none."""
    with engine.connect() as connection:
        newest: int = connection.execute(select(newest_position())).scalar_one()
        return newest


def requests_told_after(engine: Engine, after: int) -> tuple[int, frozenset[str]]:
    """The newest of the next positions after one (that one itself when there are none), and their requests."""
    query = (
        select(outbox.c.position, outbox.c.request_id)
        .where(outbox.c.position > after, outbox.c.position < func.outbox_horizon())
        .order_by(outbox.c.position)
        .limit(AT_ONCE)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return (rows[-1].position if rows else after), frozenset(row.request_id for row in rows)
