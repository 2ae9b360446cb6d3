"""What is stuck, for operators: by cause, as a list, or for one subject.

Parked cases are few. Overdue limits are found through the index of open clocks, so the cost depends on how many are
overdue and not on how many cases were closed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Select, Text, cast, func, literal, null, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import aggregate_order_by

from domain.access import Visibility
from domain.stuck import QUEUE, StuckKind, Trouble
from domain.words import ClockState
from ledger.engine import reading
from ledger.queries.cursors import cursor_of, read_cursor
from ledger.queries.operations import trouble_of
from ledger.queries.visibility import visible
from ledger.stuck_tables import parked, stuck_watch
from ledger.tables import cases, clocks

NOBODY_WATCHED: Final = timedelta(seconds=60)
"""If the watch has been silent for this long, there is no worker."""
MOST: Final = 500
WATCHED: Final = "shareflow"
"""The task queue of the cases' workers, one of which watches."""

EVERY_KIND: Final = frozenset(StuckKind)

_OVERDUE: Final = (literal(f"{StuckKind.OVERDUE.value}:") + clocks.c.id).label("cause")
_LATE: Final = (clocks.c.ended_at.is_(None), clocks.c.due_at <= func.now(), clocks.c.state == ClockState.BREACHED.value)


@dataclass(frozen=True)
class Cause:
    """A cause: how many subjects share it, since when the oldest, and the last error of the newest."""

    cause: str
    kind: StuckKind
    number: int
    since: datetime
    error: str | None


@dataclass(frozen=True)
class TroublePage:
    """A page of troubles, longest stuck first; ``next`` is the cursor of the next page."""

    troubles: Sequence[Trouble]
    next: str | None


def causes(engine: Engine, visibility: Visibility) -> list[Cause]:
    """Every visible cause, most frequent first."""
    newest = func.array_agg(aggregate_order_by(parked.c.error, parked.c.since.desc()))[1]
    held = _parked(visibility, parked.c.cause, parked.c.kind, func.count(), func.min(parked.c.since), newest)
    late = _late(visibility, _OVERDUE, literal(StuckKind.OVERDUE.value), func.count(), func.min(clocks.c.due_at), _NONE)
    both = union_all(held.group_by(parked.c.cause, parked.c.kind), late.group_by(clocks.c.id))
    with reading(engine) as connection:
        found = [Cause(row[0], StuckKind(row[1]), *row[2:]) for row in connection.execute(both)]
    return sorted([*_nobody(engine, visibility), *found], key=lambda each: (-each.number, each.cause))


def troubles(
    engine: Engine,
    visibility: Visibility,
    cause: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
    kinds: Collection[StuckKind] = EVERY_KIND,
) -> TroublePage:
    """Troubles of these kinds, of one cause if named, longest stuck first.

    Raises BadCursor.
    """
    limit = max(1, min(limit, MOST))
    held, late = _rows(visibility, cause, kinds)
    if cursor is not None:
        at, place = read_cursor(cursor)
        held = held.where(tuple_(parked.c.since, _PLACE) > tuple_(at, place))
        late = late.where(tuple_(clocks.c.due_at, _PLACE_OF_CLOCK) > tuple_(at, place))
    one = held.order_by(parked.c.since, _PLACE).limit(limit + 1).subquery()
    two = late.order_by(clocks.c.due_at, _PLACE_OF_CLOCK).limit(limit + 1).subquery()
    both = union_all(select(one), select(two)).subquery()
    with reading(engine) as connection:
        rows = connection.execute(select(both).order_by(both.c.since, both.c.place).limit(limit + 1)).mappings().all()
    shown = rows[:limit]
    silent = [] if cursor else _silent(engine, visibility)
    there = [each for each in silent if cause in (None, each.cause) and each.kind in kinds]
    following = cursor_of(shown[-1]["since"], shown[-1]["place"]) if len(rows) > limit else None
    return TroublePage([*there, *map(trouble_of, shown)], following)


def troubles_of(engine: Engine, subject: str) -> list[Trouble]:
    """All troubles of one subject, oldest first."""
    held, late = _rows(Visibility(everything=True), None)
    both = union_all(held.where(parked.c.request_id == subject), late.where(clocks.c.request_id == subject)).subquery()
    with reading(engine) as connection:
        found = connection.execute(select(both).order_by(both.c.since, both.c.place)).mappings().all()
    return [*(each for each in _silent(engine, _ALL) if each.subject == subject), *map(trouble_of, found)]


def subjects_of(engine: Engine, visibility: Visibility, cause: str, at_most: int) -> list[str]:
    """The subjects that share a cause, longest stuck first; at most ``at_most`` + 1."""
    held, late = _rows(visibility, cause)
    both = union_all(held, late).subquery()
    oldest = select(both.c.request_id, func.min(both.c.since)).group_by(both.c.request_id)
    with reading(engine) as connection:
        rows = connection.execute(oldest.order_by(func.min(both.c.since), both.c.request_id).limit(at_most + 1))
        return [row.request_id for row in rows]


_ALL: Final = Visibility(everything=True)
_NONE: Final = cast(null(), Text)
_PLACE: ColumnElement[str] = (parked.c.request_id + " " + parked.c.reason).label("place")
_PLACE_OF_CLOCK: ColumnElement[str] = (clocks.c.request_id + " " + clocks.c.id + cast(clocks.c.number, Text)).label(
    "place"
)


def _rows(
    visibility: Visibility, cause: str | None, kinds: Collection[StuckKind] = EVERY_KIND
) -> tuple[Select[Any], Select[Any]]:
    """What is parked and what is overdue, with the same columns."""
    held = _parked(
        visibility,
        *(parked.c[name] for name in ("request_id", "kind", "reason", "cause", "error", "waits_on", "since")),
        _PLACE,
    )
    said = literal(StuckKind.OVERDUE.value)
    late = _late(
        visibility,
        clocks.c.request_id,
        said.label("kind"),
        (clocks.c.id + " due " + cast(clocks.c.due_date, Text)).label("reason"),
        _OVERDUE,
        _NONE.label("error"),
        _NONE.label("waits_on"),
        clocks.c.due_at.label("since"),
        _PLACE_OF_CLOCK,
    )
    if kinds != EVERY_KIND:
        held = held.where(parked.c.kind.in_([each.value for each in kinds]))
        late = late.where(literal(StuckKind.OVERDUE in kinds))
    if cause is not None:
        clock = cause.removeprefix(f"{StuckKind.OVERDUE.value}:") if cause.startswith(StuckKind.OVERDUE) else ""
        held, late = held.where(parked.c.cause == cause), late.where(clocks.c.id == clock)
    return held, late


def _parked(visibility: Visibility, *columns: Any) -> Select[Any]:
    if visibility.everything:
        return select(*columns).select_from(parked)
    there = parked.join(cases, cases.c.request_id == parked.c.request_id)
    return select(*columns).select_from(there).where(visible(visibility))


def _late(visibility: Visibility, *columns: Any) -> Select[Any]:
    if visibility.everything:
        return select(*columns).select_from(clocks).where(*_LATE)
    there = clocks.join(cases, cases.c.request_id == clocks.c.request_id)
    return select(*columns).select_from(there).where(*_LATE, visible(visibility))


def _silent(engine: Engine, visibility: Visibility) -> list[Trouble]:
    """The trouble that no worker is running, if nobody has watched for long: any worker would."""
    if not visibility.everything:
        return []
    query = select(stuck_watch.c.seen_at).where(stuck_watch.c.seen_at < func.now() - NOBODY_WATCHED)
    with reading(engine) as connection:
        seen = connection.execute(query).scalar()
    kind = StuckKind.NO_WORKER
    return [Trouble(f"{QUEUE}{WATCHED}", kind, kind.value, f"{kind.value}:{WATCHED}", since=seen)] if seen else []


def watched_ago(engine: Engine) -> timedelta | None:
    """How long ago a worker last looked at what is stuck, to the end; None where none ever did."""
    with reading(engine) as connection:
        return connection.execute(select(func.clock_timestamp() - stuck_watch.c.seen_at)).scalar()


def _nobody(engine: Engine, visibility: Visibility) -> list[Cause]:
    return [Cause(it.cause, it.kind, 1, it.since, it.error) for it in _silent(engine, visibility) if it.since]
