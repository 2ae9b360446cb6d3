"""Retention of what closed cases leave beside the ledger: holds and disposals, each a recorded act."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, exists, func, select, tuple_
from sqlalchemy.sql import Select

from domain.log.acts import ActKind, NewAct, OperatorAct
from domain.retention import Keepsake
from ledger.archive_tables import archived_histories
from ledger.engine import reading
from ledger.log_tables import operator_acts
from ledger.queries.acts import note_act
from ledger.tables import attachments, cases, named_papers

_RETENTION_LOCK = 0x6B656570  # "keep" in ASCII: no hold can be placed during a disposal


class CaseHeld(Exception):
    """A case is on hold: nothing of it may be disposed of."""


@dataclass(frozen=True)
class RetainedCase:
    """A case and the number of its histories and papers; ``rests_on_it``: how many open cases it opened.

    ``disposed`` is what an act has disposed of, ``held`` the reason of a current hold.
    """

    request_id: str
    statute: str
    closed_at: datetime | None
    histories: int
    papers: int
    rests_on_it: int
    disposed: frozenset[Keepsake]
    held: str | None

    @property
    def keeps(self) -> Mapping[Keepsake, int]:
        """How many there are, of each kind that was not disposed of."""
        there = {Keepsake.HISTORY: self.histories, Keepsake.PAPERS: self.papers}
        return {keepsake: number for keepsake, number in there.items() if number and keepsake not in self.disposed}


def _papers() -> Select[int]:
    """The papers of a case that were uploaded while the case was open, or before."""
    brought = exists().where(
        attachments.c.sha256 == named_papers.c.sha256, attachments.c.uploaded_at <= cases.c.closed_at
    )
    return select(func.count()).where(named_papers.c.request_id == cases.c.request_id, brought)


_child = cases.alias()
_KEPT = select(
    cases.c.request_id,
    cases.c.statute,
    cases.c.closed_at,
    select(func.count())
    .where(archived_histories.c.request_id == cases.c.request_id)
    .scalar_subquery()
    .label("histories"),
    _papers().correlate(cases).scalar_subquery().label("papers"),
    select(func.count())
    .select_from(_child)
    .where(_child.c.opened_by == cases.c.request_id, _child.c.closed_at.is_(None))
    .correlate(cases)
    .scalar_subquery()
    .label("rests_on_it"),
)


def retained_case(engine: Engine, request_id: str) -> RetainedCase | None:
    """One case, or None."""
    with reading(engine) as connection:
        found = _with_acts(
            connection, connection.execute(_KEPT.where(cases.c.request_id == request_id)).mappings().all()
        )
    return found[0] if found else None


def closed_until(engine: Engine, until: datetime, after: tuple[datetime, str] | None, limit: int) -> list[RetainedCase]:
    """The cases closed before an instant, longest closed first, after a place."""
    query = _KEPT.where(cases.c.closed_at <= until).order_by(cases.c.closed_at, cases.c.request_id).limit(limit)
    if after is not None:
        query = query.where(tuple_(cases.c.closed_at, cases.c.request_id) > after)
    with reading(engine) as connection:
        return _with_acts(connection, connection.execute(query).mappings().all())


def _with_acts(connection: Connection, rows: Sequence[RowMapping]) -> list[RetainedCase]:
    disposed: dict[str, set[Keepsake]] = {}
    held: dict[str, str | None] = {}
    query = select(operator_acts).where(operator_acts.c.request_id.in_([row["request_id"] for row in rows]), _ABOUT)
    for act in connection.execute(query.order_by(operator_acts.c.number)).mappings():
        if act["kind"] == ActKind.DISPOSE:
            disposed.setdefault(act["request_id"], set()).update(map(Keepsake, act["details"]["disposed"]))
        else:
            held[act["request_id"]] = act["reason"] if act["kind"] == ActKind.HOLD else None
    return [
        RetainedCase(**row, disposed=frozenset(disposed.get(case, ())), held=held.get(case))
        for row in rows
        for case in [row["request_id"]]
    ]


_ABOUT: ColumnElement[bool] = operator_acts.c.kind.in_([ActKind.HOLD, ActKind.RELEASE, ActKind.DISPOSE])


def note_hold(engine: Engine, act: NewAct) -> OperatorAct:
    """Place a hold on a case, or release it."""
    with engine.begin() as connection:
        _alone(connection)
        return note_act(connection, act)


def note_disposal(engine: Engine, act: NewAct, disposed: Collection[Keepsake]) -> OperatorAct:
    """Record a disposal, with a list of what is disposed of, before it is carried out. Raises CaseHeld.

    Papers that another case names too, or that were uploaded after this one had ended, stay.
    """
    request_id = act.target
    with engine.begin() as connection:
        _alone(connection)
        [case] = _with_acts(
            connection, connection.execute(_KEPT.where(cases.c.request_id == request_id)).mappings().all()
        )
        if case.held is not None:
            raise CaseHeld(case.held)
        details = {
            "disposed": sorted(disposed),
            "histories": _histories(connection, request_id) if Keepsake.HISTORY in disposed else [],
            "papers": _let_go(connection, request_id) if Keepsake.PAPERS in disposed else [],
        }
        return note_act(connection, act.model_copy(update={"details": details}))


def _histories(connection: Connection, request_id: str) -> list[dict[str, str]]:
    columns = [archived_histories.c[name] for name in ("run_id", "sha256", "sm3", "stored_as")]
    query = select(*columns).where(archived_histories.c.request_id == request_id)
    return [dict(row) for row in connection.execute(query.order_by(archived_histories.c.run_id)).mappings()]


def _let_go(connection: Connection, request_id: str) -> list[str]:
    """Delete the upload records of a case's papers that nobody else needs, so that they can no longer be found."""
    others = named_papers.alias()
    kept_for_another = exists().where(
        others.c.sha256 == named_papers.c.sha256,
        others.c.request_id != request_id,
        ~exists().where(
            operator_acts.c.request_id == others.c.request_id,
            operator_acts.c.kind == ActKind.DISPOSE,
            operator_acts.c.details["disposed"].contains([Keepsake.PAPERS]),
        ),
    )
    brought_since = exists().where(
        attachments.c.sha256 == named_papers.c.sha256,
        cases.c.request_id == request_id,
        attachments.c.uploaded_at > cases.c.closed_at,
    )
    mine = select(named_papers.c.sha256).where(
        named_papers.c.request_id == request_id, ~kept_for_another, ~brought_since
    )
    gone = delete(attachments).where(attachments.c.sha256.in_(mine)).returning(attachments.c.sha256)
    return sorted({row.sha256 for row in connection.execute(gone)})


def histories_disposed_of(engine: Engine, request_ids: Collection[str]) -> frozenset[str]:
    """Those of these cases whose histories were disposed of."""
    query = select(operator_acts.c.request_id).where(
        operator_acts.c.request_id.in_(request_ids),
        operator_acts.c.kind == ActKind.DISPOSE,
        operator_acts.c.details["disposed"].contains([Keepsake.HISTORY]),
    )
    with reading(engine) as connection:
        return frozenset(connection.execute(query).scalars())


def _alone(connection: Connection) -> None:
    connection.execute(select(func.pg_advisory_xact_lock(_RETENTION_LOCK)))
