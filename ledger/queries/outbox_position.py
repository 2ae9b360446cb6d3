"""How far the outbox has come, and whom its newest messages concern."""

from sqlalchemy import Engine, func, select

from ledger.tables import outbox

AT_ONCE = 1000


def newest_message(engine: Engine) -> int:
    """The id of the newest message; 0 when there is none."""
    with engine.connect() as connection:
        newest: int = connection.execute(select(func.coalesce(func.max(outbox.c.id), 0))).scalar_one()
        return newest


def requests_told_after(engine: Engine, after: int) -> tuple[int, frozenset[str]]:
    """The newest id of the next messages after an id (that id itself when there are none), and their requests."""
    query = select(outbox.c.id, outbox.c.request_id).where(outbox.c.id > after).order_by(outbox.c.id).limit(AT_ONCE)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return (rows[-1].id if rows else after), frozenset(row.request_id for row in rows)
