"""For operators: what is stuck, as found by the watch. Nothing here touches the merits of a case."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, Table, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from domain.stuck import StuckKind, Trouble
from ledger.engine import reading
from ledger.stuck_tables import parked, stuck_watch
from ledger.tables import cases

_NOW: Final = func.clock_timestamp()
_KEY: Final = (parked.c.request_id, parked.c.reason)

Found = Mapping[tuple[str, str], Trouble]
"""Troubles by subject and reason."""


def park(engine: Engine, request_id: str, reason: str, kind: StuckKind = StuckKind.PARKED) -> bool:
    """Record a reason why a case is stuck; keeps the time of an existing record. False for an unknown case."""
    with engine.begin() as connection:
        if not _filed_at(connection, [request_id]):
            return False
        _write(connection, [Trouble(request_id, kind, reason, reason, looked=False)])
        return True


def unpark(engine: Engine, request_id: str, reason: str) -> bool:
    """Remove one reason why a case is stuck. False if it was not recorded."""
    with engine.begin() as connection:
        return _remove(connection, [(request_id, reason)]) == 1


def parked_now(engine: Engine, of_others: str, looked_within: timedelta) -> Found:
    """What is recorded as stuck, without the reason that others maintain; ``looked``: looked into within this time."""
    fresh = func.coalesce(parked.c.looked_at > _NOW - looked_within, False).label("fresh")
    with reading(engine) as connection:
        rows = connection.execute(select(parked, fresh).where(parked.c.reason != of_others)).mappings()
        return {(row["request_id"], row["reason"]): replace(trouble_of(row), looked=row["fresh"]) for row in rows}


def parked_are(engine: Engine, found: Collection[Trouble], before: Found) -> None:
    """Replace what was recorded ``before`` by what is stuck now, with what was found out about it.

    Reasons that remain keep their time.
    """
    now = {(each.subject, each.reason): each for each in found}
    changed = [each for key, each in now.items() if key not in before or (each.looked and not before[key].looked)]
    gone = [key for key in before if key not in now]
    if changed or gone:
        with engine.begin() as connection:
            _write(connection, changed)
            _remove(connection, gone)


def held_up_are(engine: Engine, subject: str, found: Collection[Trouble], of_others: str) -> None:
    """Replace the recorded reasons of one subject, except the reason that others maintain."""
    with engine.begin() as connection:
        _write(connection, found)
        gone = delete(parked).where(parked.c.request_id == subject, parked.c.reason != of_others)
        connection.execute(gone.where(parked.c.reason.not_in([each.reason for each in found])))


def trouble_of(row: RowMapping) -> Trouble:
    """A trouble from its row."""
    return Trouble(
        row["request_id"],
        StuckKind(row["kind"]),
        row["reason"],
        row["cause"],
        row["error"],
        row["waits_on"],
        row["since"],
    )


def take_watch(engine: Engine, holder: str, lease: timedelta, watch: Table = stuck_watch) -> bool:
    """Take or renew the watch for some time; returns whether ``holder`` has it. Others get it if its holder is silent.

    ``watch`` is the table of the watch.
    """
    new = insert_or_skip(watch).values(holder=holder, until=_NOW + lease)
    free = (watch.c.until < _NOW) | (watch.c.holder == holder)
    taken = new.on_conflict_do_update(
        index_elements=[watch.c.one], set_={"holder": holder, "until": _NOW + lease}, where=free
    )
    with engine.begin() as connection:
        return connection.execute(taken.returning(watch.c.holder)).first() is not None


def note_watched(engine: Engine) -> None:
    """Record that a watch was completed."""
    with engine.begin() as connection:
        connection.execute(update(stuck_watch).values(seen_at=_NOW))


def _filed_at(connection: Connection, subjects: Collection[str]) -> dict[str, datetime]:
    """When the subjects that are cases were filed, by id."""
    filed = select(cases.c.request_id, cases.c.filed_at).where(cases.c.request_id.in_(subjects))
    return {row.request_id: row.filed_at for row in connection.execute(filed)}


def _write(connection: Connection, troubles: Collection[Trouble]) -> None:
    if not troubles:
        return
    filed = _filed_at(connection, {each.subject for each in troubles})
    rows: list[dict[str, Any]] = [
        {
            "request_id": each.subject,
            "reason": each.reason,
            "since": each.since or _NOW,
            "filed_at": filed.get(each.subject),
            "kind": each.kind.value,
            "cause": each.cause,
            "error": each.error,
            "waits_on": each.waits_on,
            "looked_at": _NOW if each.looked else None,
        }
        for each in sorted(troubles, key=lambda each: (each.subject, each.reason))
    ]
    new = insert_or_skip(parked)
    learned = {name: new.excluded[name] for name in ("kind", "cause", "error", "waits_on", "looked_at", "filed_at")}
    looked = new.excluded.looked_at.is_not(None)
    for row in rows:  # an instant is an SQL expression in some rows and a value in others
        connection.execute(new.values(row).on_conflict_do_update(index_elements=_KEY, set_=learned, where=looked))


def _remove(connection: Connection, keys: Collection[tuple[str, str]]) -> int:
    return connection.execute(delete(parked).where(tuple_(*_KEY).in_(list(keys)))).rowcount if keys else 0
