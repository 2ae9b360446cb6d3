"""Pages of all cases, to compare the ledger with Temporal and with the archive."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select, tuple_

from ledger.archive_tables import archived_histories, unarchived
from ledger.engine import reading
from ledger.queries.archive import ArchivedRun, run_columns
from ledger.tables import cases, events


@dataclass(frozen=True)
class ComparedCase:
    """A case as the ledger has it, up to event ``seq``.

    ``asked_at``: since when it is to be archived, None if it is not; ``problem``: why it could not be.
    """

    request_id: str
    workflow_id: str
    closed_at: datetime | None
    updated_at: datetime
    seq: int
    asked_at: datetime | None
    problem: str | None


@dataclass(frozen=True)
class RecordedAfter:
    """What was recorded in a case after some event: the number of filings and commands, and when the first and the last
    were written, by the database's clock.

    """

    calls: int
    first_at: datetime
    last_at: datetime


_COMPARED = select(
    cases.c.request_id,
    cases.c.workflow_id,
    cases.c.closed_at,
    cases.c.updated_at,
    cases.c.seq,
    unarchived.c.asked_at,
    unarchived.c.problem,
).outerjoin_from(cases, unarchived, unarchived.c.request_id == cases.c.request_id)


def compared_cases(engine: Engine, after: str, limit: int) -> list[ComparedCase]:
    """The cases with ids after a given one, in order of ids."""
    query = _COMPARED.where(cases.c.request_id > after).order_by(cases.c.request_id).limit(limit)
    with reading(engine) as connection:
        return [ComparedCase(*row) for row in connection.execute(query)]


def latest_compared(engine: Engine, limit: int, before: ComparedCase | None = None) -> list[ComparedCase]:
    """The cases written last, or before a given one, latest first."""
    query = _COMPARED.order_by(cases.c.updated_at.desc(), cases.c.request_id.desc()).limit(limit)
    if before is not None:
        query = query.where(tuple_(cases.c.updated_at, cases.c.request_id) < (before.updated_at, before.request_id))
    with reading(engine) as connection:
        return [ComparedCase(*row) for row in connection.execute(query)]


def compared_case(engine: Engine, request_id: str) -> ComparedCase | None:
    """One case as the ledger has it now, or None."""
    with reading(engine) as connection:
        row = connection.execute(_COMPARED.where(cases.c.request_id == request_id)).first()
        return ComparedCase(*row) if row else None


def archived_of(engine: Engine, request_ids: Collection[str]) -> Mapping[str, list[ArchivedRun]]:
    """The archived runs of these cases, by case, in the order in which they ended."""
    query = select(*run_columns()).where(archived_histories.c.request_id.in_(request_ids))
    found: dict[str, list[ArchivedRun]] = {}
    with reading(engine) as connection:
        for row in connection.execute(query.order_by(archived_histories.c.ended_at)).mappings():
            found.setdefault(row["request_id"], []).append(ArchivedRun(**row))
    return found


def digest_of(engine: Engine, request_id: str, seq: int) -> str | None:
    """The digest of an event; None if there is no such event."""
    query = select(events.c.digest).where(events.c.request_id == request_id, events.c.seq == seq)
    with reading(engine) as connection:
        found: str | None = connection.execute(query).scalar()
        return found


def digests_of(engine: Engine, request_id: str) -> list[str]:
    """The digests of a case's events as they stand there, in order."""
    query = select(events.c.digest).where(events.c.request_id == request_id).order_by(events.c.seq)
    with reading(engine) as connection:
        return list(connection.execute(query).scalars())


def recorded_after(engine: Engine, request_id: str, seq: int) -> RecordedAfter:
    """What was recorded in a case after event ``seq``; there must be at least one event after it."""
    query = select(
        func.count(events.c.key.distinct()), func.min(events.c.recorded_at), func.max(events.c.recorded_at)
    ).where(events.c.request_id == request_id, events.c.seq > seq)
    with reading(engine) as connection:
        return RecordedAfter(*connection.execute(query).one())
