"""The register of the archive: which runs of a case are archived, and which cases are still to be archived."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Engine, Text, cast, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from ledger.archive_tables import archived_histories, unarchived
from ledger.engine import reading
from ledger.tables import cases


@dataclass(frozen=True)
class ArchivedRun:
    """The register entry of the archived history of one run.

    ``previous_run_id`` is the run that handed over to it, ``ended`` how it ended, in Temporal's words. Digests and
    ``bytes`` are those of the uncompressed history; ``stored_as`` is its name in the archive.
    """

    request_id: str
    run_id: str
    previous_run_id: str | None
    ended: str
    ended_at: datetime
    sha256: str
    sm3: str
    bytes: int
    stored_as: str


@dataclass(frozen=True)
class Unarchived:
    """A case to be archived; ``asked_at`` identifies the request, ``tries`` counts failed tries."""

    request_id: str
    workflow_id: str
    closed_at: datetime | None
    asked_at: datetime
    tries: int


@dataclass(frozen=True)
class WaitingForArchive:
    """How many cases are still to be archived; ``since``: the oldest of them, None if there is none."""

    number: int
    since: datetime | None


def run_columns() -> list[Column[Any]]:
    """The columns of an archived run."""
    return [archived_histories.c[each.name] for each in fields(ArchivedRun)]


def archived_runs(engine: Engine, request_id: str) -> tuple[ArchivedRun, ...]:
    """The archived runs of a case, in the order in which they ended."""
    query = select(*run_columns()).where(archived_histories.c.request_id == request_id)
    with reading(engine) as connection:
        rows = connection.execute(query.order_by(archived_histories.c.ended_at, archived_histories.c.run_id))
        return tuple(ArchivedRun(**row) for row in rows.mappings())


def note_archived(engine: Engine, run: ArchivedRun) -> None:
    """Enter a run in the register. Idempotent."""
    with engine.begin() as connection:
        connection.execute(insert_or_skip(archived_histories).values(**asdict(run)).on_conflict_do_nothing())


def ask_for_archive(engine: Engine, runs: Collection[tuple[str, str]]) -> int:
    """Request archiving of each case of which one of these runs (case and run id) is not archived; returns how many.

    Counts the new requests. Cases that are not in the ledger are left out.
    """
    if not runs:
        return 0
    named = (
        func.unnest(cast([case for case, _ in runs], ARRAY(Text)), cast([run for _, run in runs], ARRAY(Text)))
        .table_valued("request_id", "run_id", name="named")
        .render_derived()
    )
    kept = (archived_histories.c.request_id == named.c.request_id) & (archived_histories.c.run_id == named.c.run_id)
    missing = (
        select(cases.c.request_id)
        .distinct()
        .select_from(named.join(cases, cases.c.request_id == named.c.request_id))
        .where(~select(literal(1)).where(kept).correlate(named).exists())
    )
    put = insert_or_skip(unarchived).from_select(["request_id"], missing).on_conflict_do_nothing()
    with engine.begin() as connection:
        return len(connection.execute(put.returning(unarchived.c.request_id)).all())


def claim_unarchived(
    engine: Engine, at_most: int, lease: timedelta, ahead: timedelta = timedelta()
) -> tuple[Unarchived, ...]:
    """Claim the next cases to be archived, longest due first.

    Nobody else gets them until the ``lease`` expires. ``ahead``: also those due within this time.
    """
    now = func.clock_timestamp()
    due = (
        select(unarchived.c.request_id)
        .where(unarchived.c.due_at <= now + ahead)
        .order_by(unarchived.c.due_at, unarchived.c.request_id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    take = (
        update(unarchived)
        .where(unarchived.c.request_id == cases.c.request_id, unarchived.c.request_id.in_(due))
        .values(due_at=now + ahead + lease)
        .returning(
            unarchived.c.request_id, cases.c.workflow_id, cases.c.closed_at, unarchived.c.asked_at, unarchived.c.tries
        )
    )
    with engine.begin() as connection:
        taken = [Unarchived(*row) for row in connection.execute(take)]
    return tuple(sorted(taken, key=lambda case: (case.asked_at, case.request_id)))


def is_archived(engine: Engine, case: Unarchived) -> None:
    """Everything of a case is archived: remove the request, unless there is a newer one."""
    mine = (unarchived.c.request_id == case.request_id) & (unarchived.c.asked_at == case.asked_at)
    with engine.begin() as connection:
        connection.execute(delete(unarchived).where(mine))


def try_again(engine: Engine, case: Unarchived, after: timedelta, problem: str | None) -> None:
    """Postpone a case, and note what prevented archiving now."""
    mine = (unarchived.c.request_id == case.request_id) & (unarchived.c.asked_at == case.asked_at)
    later = {"due_at": func.clock_timestamp() + after, "tries": unarchived.c.tries + 1, "problem": problem}
    with engine.begin() as connection:
        connection.execute(update(unarchived).where(mine).values(later))


def waiting_for_archive(engine: Engine) -> WaitingForArchive:
    """How many cases are still to be archived, and since when."""
    with reading(engine) as connection:
        row = connection.execute(select(func.count(), func.min(unarchived.c.asked_at)).select_from(unarchived)).one()
        return WaitingForArchive(*row)
