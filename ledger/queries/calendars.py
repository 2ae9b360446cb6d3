"""The calendar in the ledger: stored editions, the progress of their publication, and open clocks."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from domain.calendar import Edition, load_edition
from domain.engine.recount import OpenLimit
from domain.log.acts import Acting, ActKind, NewAct
from domain.words import ClockState, EventType, Unit
from ledger.engine import reading
from ledger.queries.acts import note_act
from ledger.tables import calendar_editions, calendar_publications, cases, clocks, events, rule_texts

# "calen" and "calpu" in ASCII. The first is held shared by whoever records a deadline (the database function
# record_step) and exclusively by whoever stores an edition, who thus waits until every deadline computed without it is
# visible. The second is held by whoever carries out a publication.
_EDITIONS_LOCK = 0x63616C656E


# Editions


def editions_version(connection: Connection) -> int:
    """How many editions are stored. They are only added, so the number shows whether there is a new one."""
    return connection.execute(select(func.count()).select_from(calendar_editions)).scalar_one()


def stored_editions(connection: Connection) -> tuple[Edition, ...]:
    """The stored editions, in order of publication. Raises CalendarError for one that cannot be read."""
    query = select(calendar_editions.c.id, calendar_editions.c.body).order_by(calendar_editions.c.published)
    return tuple(load_edition(json.dumps(body), f"edition {name}") for name, body in connection.execute(query))


def store_edition(engine: Engine, edition: Edition, by: Acting, expected: int) -> bool:
    """Store an edition and the start of its publication, with the number of clocks to supersede; False: it exists.

    Recorded as an act of ``by``. Waits for steps in progress, at most for the lock timeout. An existing edition is not
    compared.
    """
    row = {"id": edition.id, "published": edition.published, "body": json.loads(edition.to_json())}
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _EDITIONS_LOCK})
        new = connection.execute(insert_or_skip(calendar_editions).values(row).on_conflict_do_nothing()).rowcount == 1
        if new:
            connection.execute(
                insert(calendar_publications).values(edition=edition.id, started_by=by.subject, expected=expected)
            )
            note_act(connection, _publishing(edition, by, expected))
        return new


def _publishing(edition: Edition, by: Acting, expected: int) -> NewAct:
    return NewAct(
        kind=ActKind.CALENDAR_PUBLISH,
        by=by,
        target=f"calendar/{edition.id}",
        details={"published": edition.published.isoformat(), "expected": expected},
    )


# Publications


@dataclass(frozen=True)
class Publication:
    """The progress of a publication: how many clocks it was expected to supersede, and how many it has.

    ``seen_at`` is when somebody last worked on it; ``finished_at`` is None until no clock is left to supersede.
    """

    edition: str
    stored_at: datetime
    started_by: str
    started_at: datetime
    expected: int
    superseded: int
    seen_at: datetime
    finished_at: datetime | None


def publications(engine: Engine) -> tuple[Publication, ...]:
    """All publications, in the order in which they began."""
    with reading(engine) as connection:
        rows = connection.execute(_publications().order_by(calendar_publications.c.started_at))
        return tuple(_publication(row) for row in rows)


def publication(engine: Engine, edition: str) -> Publication | None:
    """The publication of one edition; None if it was not published here."""
    with reading(engine) as connection:
        row = connection.execute(_publications().where(calendar_publications.c.edition == edition)).first()
        return _publication(row) if row else None


def abandoned_publication(engine: Engine, silent: timedelta) -> Publication | None:
    """The first unfinished publication on which nobody has worked for some time."""
    table = calendar_publications.c
    query = _publications().where(table.finished_at.is_(None), table.seen_at < func.clock_timestamp() - silent)
    with reading(engine) as connection:
        row = connection.execute(query.order_by(table.started_at).limit(1)).first()
        return _publication(row) if row else None


def editions_under_way(engine: Engine) -> frozenset[str]:
    """The editions whose publication is not finished."""
    unfinished = select(calendar_publications.c.edition).where(calendar_publications.c.finished_at.is_(None))
    with reading(engine) as connection:
        return frozenset(connection.execute(unfinished).scalars())


def note_progress(engine: Engine, edition: str, finished: bool = False) -> int:
    """Count the clocks superseded because of an edition, store the count, and return it."""
    with engine.begin() as connection:
        count: int = connection.execute(_superseded(edition)).scalar_one()
        noted: dict[str, Any] = {"superseded": count, "seen_at": func.clock_timestamp()}
        if finished:
            noted["finished_at"] = func.coalesce(calendar_publications.c.finished_at, func.clock_timestamp())
        connection.execute(
            update(calendar_publications).where(calendar_publications.c.edition == edition).values(noted)
        )
        return count


def superseded_by(engine: Engine, edition: str) -> int:
    """How many clocks were superseded because of an edition by now; stores nothing."""
    with reading(engine) as connection:
        count: int = connection.execute(_superseded(edition)).scalar_one()
        return count


def note_seen(engine: Engine, edition: str) -> None:
    """Record that somebody is working on a publication."""
    seen = update(calendar_publications).where(calendar_publications.c.edition == edition)
    with engine.begin() as connection:
        connection.execute(seen.values(seen_at=func.clock_timestamp()))


def _publications() -> Select[Any]:
    columns = [calendar_publications.c[name] for name in Publication.__dataclass_fields__ if name != "stored_at"]
    return select(*columns, calendar_editions.c.stored_at).join(calendar_editions)


def _publication(row: Row[Any]) -> Publication:
    return Publication(**row._mapping)


def _superseded(edition: str) -> Select[Any]:
    since = select(calendar_editions.c.stored_at).where(calendar_editions.c.id == edition).scalar_subquery()
    return (
        select(func.count())
        .select_from(cases.join(events, events.c.request_id == cases.c.request_id))
        .where(
            cases.c.updated_at >= since,
            events.c.type == EventType.CLOCK_SUPERSEDED,
            events.c.data["reason"].astext == f"calendar:{edition}",
        )
    )


# Open clocks


@dataclass(frozen=True)
class OpenClock:
    """An open clock, with what is needed of its case to count it again and to say who must act."""

    request_id: str
    workflow_id: str
    number: int
    id: str
    procedure: str
    statute: str
    statute_digest: str
    stage: str
    requester: tuple[str, str]
    provider: tuple[str, str]
    limit: OpenLimit


Place = tuple[datetime, str, int]


def open_clocks(engine: Engine, after: Place | None = None, limit: int = 500) -> tuple[OpenClock, ...]:
    """The open clocks of open cases, earliest deadline first, after a place: that of the last clock seen."""
    query = _open_clocks()
    order = (clocks.c.due_at, clocks.c.request_id, clocks.c.number)
    if after is not None:
        query = query.where(clocks.c.due_at >= after[0], tuple_(*order) > tuple_(*after))
    return _read(engine, query.order_by(*order).limit(limit))


def open_clocks_of(engine: Engine, request_ids: Sequence[str]) -> tuple[OpenClock, ...]:
    """The open clocks of these cases."""
    return _read(engine, _open_clocks().where(clocks.c.request_id.in_(request_ids)))


def counted_with(engine: Engine, some: Iterable[OpenClock]) -> Mapping[tuple[str, int], tuple[str, ...]]:
    """The editions by which clocks were counted, of the years of each limit; by case and clock number."""
    named = [(clock.request_id, clock.number) for clock in some]
    query = (
        select(clocks.c.request_id, clocks.c.number, events.c.clock["calendar_editions"].label("editions"))
        .join(events, (events.c.request_id == clocks.c.request_id) & (events.c.seq == clocks.c.seq))
        .where(tuple_(clocks.c.request_id, clocks.c.number).in_(named))
    )
    with reading(engine) as connection:
        return {(row.request_id, row.number): tuple(row.editions or ()) for row in connection.execute(query)}


def place_of(clock: OpenClock) -> Place:
    """The place of a clock, after which the next page begins."""
    return (clock.limit.due_at, clock.request_id, clock.number)


def statute_of(engine: Engine, request_id: str) -> dict[str, object]:
    """The statute that a case was filed with, as data."""
    with reading(engine) as connection:
        here = rule_texts.c.digest == cases.c.statute_digest
        query = select(rule_texts.c.body).join_from(cases, rule_texts, here).where(cases.c.request_id == request_id)
        found: dict[str, object] = connection.execute(query).scalar_one()
        return found


def _open_clocks() -> Select[Any]:
    return (
        select(
            *(clocks.c[name] for name in ("number", "id", "state", "started_at", "amount", "unit")),
            *(clocks.c[name] for name in ("due_date", "due_at", "provisional")),
            *(cases.c[name] for name in ("request_id", "workflow_id", "procedure", "statute", "statute_digest")),
            *(cases.c[name] for name in ("stage", "requester_code", "requester_name", "provider_code")),
            cases.c.provider_name,
            rule_texts.c.body["close_of_business"].astext.label("close_of_business"),
        )
        .join_from(clocks, cases, clocks.c.request_id == cases.c.request_id)
        .join(rule_texts, rule_texts.c.digest == cases.c.policy_digest)
        .where(
            clocks.c.ended_at.is_(None),
            clocks.c.state.in_((ClockState.RUNNING, ClockState.BREACHED)),
            cases.c.closed_at.is_(None),
        )
    )


def _read(engine: Engine, query: Select[Any]) -> tuple[OpenClock, ...]:
    with reading(engine) as connection:
        return tuple(_open_clock(row) for row in connection.execute(query))


def _open_clock(row: Row[Any]) -> OpenClock:
    close = time.fromisoformat(row.close_of_business) if row.close_of_business else None
    return OpenClock(
        **{
            name: getattr(row, name)
            for name in ("request_id", "workflow_id", "number", "id", "procedure", "statute", "statute_digest", "stage")
        },
        requester=(row.requester_code, row.requester_name),
        provider=(row.provider_code, row.provider_name),
        limit=OpenLimit(
            state=ClockState(row.state),
            started_at=row.started_at,
            amount=row.amount,
            unit=Unit(row.unit),
            due_date=row.due_date,
            due_at=row.due_at,
            provisional=row.provisional,
            close_of_business=close,
        ),
    )
