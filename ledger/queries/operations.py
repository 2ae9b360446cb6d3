"""For operators: parked cases. Nothing here touches the merits of a case."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from ledger.engine import reading
from ledger.tables import cases, parked


def park(engine: Engine, request_id: str, reason: str) -> bool:
    """Note that something holds a case up; noted before, it keeps its time. False for an unknown case."""
    with engine.begin() as connection:
        return bool(_park(connection, {request_id: [reason]}))


def unpark(engine: Engine, request_id: str, reason: str) -> bool:
    """That does not hold it up any more; whatever else does, still does. False when it was not noted."""
    gone = delete(parked).where(parked.c.request_id == request_id, parked.c.reason == reason)
    with engine.begin() as connection:
        return connection.execute(gone).rowcount == 1


def parked_are(engine: Engine, found: Mapping[str, Collection[str]], of_others: str) -> None:
    """These cases are held up for these reasons, and no others are.

    ``of_others`` is a reason that somebody else looks after: it is left as it is.
    """
    wanted = {(case, reason) for case, reasons in found.items() for reason in reasons}
    with reading(engine) as connection:
        rows = connection.execute(select(parked.c.request_id, parked.c.reason).where(parked.c.reason != of_others))
        there = {(row.request_id, row.reason) for row in rows}
    if there == wanted:
        return
    with engine.begin() as connection:
        _park(connection, _by_case(wanted - there))
        for case, reason in there - wanted:
            connection.execute(delete(parked).where(parked.c.request_id == case, parked.c.reason == reason))


def _by_case(pairs: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for case, reason in sorted(pairs):
        found.setdefault(case, []).append(reason)
    return found


def _park(connection: Connection, wanted: Mapping[str, Collection[str]]) -> set[str]:
    """The cases among these that the ledger knows: of a filing that it never took there is no row to note it at."""
    filed = select(cases.c.request_id, cases.c.filed_at).where(cases.c.request_id.in_(wanted))
    known = connection.execute(filed.order_by(cases.c.request_id)).all()
    rows = [{"request_id": case, "reason": why, "filed_at": at} for case, at in known for why in wanted[case]]
    if rows:
        connection.execute(insert_or_skip(parked).on_conflict_do_nothing(), rows)
    return {case for case, _ in known}
