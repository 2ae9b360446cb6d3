"""The current state of cases (rows and clocks), together with the events from which it must follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.exc import IntegrityError

from domain.engine.records import RecordedEvent
from ledger.engine import reading
from ledger.queries.outbox_position import Mark, mark
from ledger.standing import CaseStanding, StandingClock, StandingRow
from ledger.tables import cases, clocks, events, named_papers, outbox

FILED_AS = ("requester_name", "provider_name", "resource_name", "workflow_id")
"""The columns of a row that come from the filing and that the database does not protect from changes."""

# One statement, so that all of a case is read at one instant.
_STANDING = text(
    """
    SELECT request_id, procedure, statute_digest, policy_digest, application, to_jsonb(cases) AS row,
        events_as_json(request_id, 0, NULL) AS events,
        (SELECT coalesce(jsonb_agg(to_jsonb(clocks)), '[]') FROM clocks WHERE clocks.request_id = cases.request_id)
            AS clocks,
        ARRAY(SELECT sha256 FROM named_papers WHERE named_papers.request_id = cases.request_id) AS papers,
        ARRAY(SELECT DISTINCT digest #>> '{}'
            FROM (SELECT application -> 'documents' AS documents
                UNION ALL SELECT data -> 'documents' FROM events
                    WHERE events.request_id = cases.request_id AND type = 'supplemented') AS said,
                jsonb_path_query(documents, 'lax $[*].sha256') AS digest
            WHERE jsonb_typeof(digest) = 'string') AS papers_named
    FROM cases JOIN filings USING (request_id) WHERE request_id = ANY(:these) ORDER BY request_id
    """
)


@dataclass(frozen=True)
class StandingCase:
    """The state of a case, with its events and its filing; ``filed_as``: what its row has of the filing.

    ``papers`` are the digests that give access to papers by this case, ``papers_named`` those that its filing and its
    supplements name.
    """

    request_id: str
    procedure: str
    texts: tuple[str, str]
    application: Mapping[str, Any]
    events: Sequence[RecordedEvent]
    there: CaseStanding
    filed_as: Mapping[str, Any]
    papers: frozenset[str]
    papers_named: frozenset[str]


@dataclass(frozen=True)
class LostMessages:
    """Of these events of a case, in order, the outbox has no message any more."""

    request_id: str
    events: Sequence[int]


def standing_cases(engine: Engine, request_ids: Sequence[str]) -> list[StandingCase]:
    """Those of these cases that exist, in order of their ids."""
    with reading(engine) as connection:
        return _standing(connection, request_ids)


def _standing(connection: Connection, request_ids: Sequence[str]) -> list[StandingCase]:
    return [_case(row) for row in connection.execute(_STANDING, {"these": list(request_ids)}).mappings()]


def _case(row: RowMapping) -> StandingCase:
    said = row["row"]
    numbered = [StandingClock.model_validate({name: each[name] for name in _CLOCK}) for each in row["clocks"]]
    return StandingCase(
        row["request_id"],
        row["procedure"],
        (row["statute_digest"], row["policy_digest"]),
        row["application"],
        tuple(RecordedEvent.model_validate(event) for event in row["events"]),
        CaseStanding(
            StandingRow.model_validate({name: said[name] for name in StandingRow.model_fields}),
            {clock.number: clock for clock in numbered},
        ),
        {name: said[name] for name in FILED_AS},
        frozenset(row["papers"]),
        frozenset(row["papers_named"]),
    )


_CLOCK = tuple(StandingClock.model_fields)
_MOVING = ("state", "ended_at", "warned", "climbed")


def write_standing(engine: Engine, request_id: str, head: str, to: CaseStanding, filed_as: Mapping[str, Any]) -> bool:
    """Write the state of a case to its row and clocks; returns whether it is there now.

    Nothing is written if the last event of the case is not ``head``, or if the database refuses the change (a row of
    fewer events, a different limit of a clock), which no release ever writes.
    """
    try:
        with engine.begin() as connection:
            last = select(events.c.digest).where(events.c.request_id == request_id).order_by(events.c.seq.desc())
            row = cases.c.request_id == request_id
            connection.execute(select(cases.c.seq).where(row).with_for_update(key_share=True))
            if connection.execute(last.limit(1)).scalar() != head:
                return False
            now = {"updated_at": func.clock_timestamp()}
            connection.execute(update(cases).where(row).values(**to.row.model_dump(), **filed_as, **now))
            for number, clock in to.clocks.items():
                its_own = (clocks.c.request_id == request_id, clocks.c.number == number)
                moved = clock.model_dump(include=set(_MOVING))
                connection.execute(update(clocks).where(*its_own).values(**moved))
            _name_papers(connection, _standing(connection, [request_id])[0])
            after = _standing(connection, [request_id])[0]
            return after.there == to and after.papers == after.papers_named
    except IntegrityError:
        return False


def _name_papers(connection: Connection, case: StandingCase) -> None:
    """Have the papers of a case be those that its filing and its supplements name."""
    its_own = named_papers.c.request_id == case.request_id
    for digest in case.papers - case.papers_named:
        connection.execute(delete(named_papers).where(its_own, named_papers.c.sha256 == digest))
    for digest in case.papers_named - case.papers:
        connection.execute(insert(named_papers).values(request_id=case.request_id, sha256=digest))


def lost_messages(engine: Engine, request_ids: Sequence[str]) -> list[LostMessages]:
    """The events of these cases that lack their message in the outbox although it was not pruned.

    If the outbox was pruned, only events recorded after the oldest remaining message can be judged.
    """
    there = select(outbox.c.seq).where(outbox.c.request_id == events.c.request_id, outbox.c.seq == events.c.seq)
    query = (
        select(events.c.request_id, func.array_agg(aggregate_order_by(events.c.seq, events.c.seq)))
        .where(events.c.request_id.in_(request_ids), ~there.exists())
        .group_by(events.c.request_id)
        .order_by(events.c.request_id)
    )
    with reading(engine) as connection:
        if connection.execute(select(mark(Mark.PRUNED))).scalar_one():
            oldest = connection.execute(select(func.min(outbox.c.created_at))).scalar()
            query = query.where(events.c.recorded_at > oldest)
        return [LostMessages(*row) for row in connection.execute(query)]
