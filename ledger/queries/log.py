"""The log: what is to be entered next, the nodes of its tree, and its checkpoints."""

import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg2.extensions
from sqlalchemy import Connection, Table, func, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from domain.engine.records import Algorithm
from domain.log.entries import entry_of_act, entry_of_event
from domain.log.tree import NodePlace
from ledger.log_tables import checkpoints, cosignatures, log_entries, log_nodes, operator_acts, timestamps
from ledger.queries.outbox_position import Mark, mark, move_mark
from ledger.tables import events, outbox

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
"""What COPY takes for something else."""
_LOG_LOCK = 0x6C6F67  # "log" in ASCII: one writer at a time


@dataclass(frozen=True)
class NewEntry:
    """What is to be entered: an event of a case, or an act by its number. ``position`` is its place in time."""

    position: int
    digest: str
    request_id: str | None = None
    seq: int | None = None
    act: int | None = None

    def content(self) -> bytes:
        """The entry itself."""
        if self.request_id is not None and self.seq is not None:
            return entry_of_event(self.request_id, self.seq, self.digest)
        assert self.act is not None
        return entry_of_act(self.act, self.digest)


@dataclass(frozen=True)
class KeptCheckpoint:
    """A checkpoint as it is kept: how many entries it covers, its signed note, the public key that signed it, when.

    ``lines`` are what witnesses wrote below it (:func:`keep_cosignatures`), in the order in which they were brought;
    ``stamped_at`` is when an authority for timestamps had seen it, None where none was asked.
    """

    size: int
    note: str
    key: str
    made_at: datetime
    lines: Sequence[str] = ()
    stamped_at: datetime | None = None

    @property
    def cosigned(self) -> str:
        """The note with all who signed it."""
        return self.note + "".join(self.lines)


@dataclass(frozen=True)
class StampedCheckpoint:
    """A checkpoint by how many entries it covers, its signed note, and what an authority for timestamps answered."""

    size: int
    note: str
    response: bytes


@dataclass(frozen=True)
class NewNode:
    """A subtree that is whole now, by both algorithms."""

    place: NodePlace
    sha256: bytes
    sm3: bytes


def alone(connection: Connection) -> None:
    """Let nobody else enter anything until the caller's transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(_LOG_LOCK)))


def length(connection: Connection) -> int:
    """How many entries there are."""
    found: int = connection.execute(select(func.coalesce(func.max(log_entries.c.place) + 1, 0))).scalar_one()
    return found


def lost_entries(connection: Connection) -> bool:
    """Whether the log has had more entries than it has now: one was taken out of it, which nobody here ever does.

    A checkpoint covers more, or the last entry came before the one that was entered last: that is remembered apart.
    """
    there = length(connection)
    newest = newest_checkpoint(connection)
    if newest is not None and newest.size > there:
        return True
    entered = connection.execute(select(mark(Mark.LOGGED))).scalar_one()
    if there == 0:
        return bool(entered > 0)
    of_event = select(outbox.c.position).where(
        outbox.c.request_id == log_entries.c.request_id, outbox.c.seq == log_entries.c.seq
    )
    of_act = select(operator_acts.c.position).where(operator_acts.c.number == log_entries.c.act)
    position = func.coalesce(of_event.scalar_subquery(), of_act.scalar_subquery())
    last = connection.execute(select(position).where(log_entries.c.place == there - 1)).scalar_one_or_none()
    return last is not None and bool(last < entered)  # None: its message was pruned since


def next_entries(connection: Connection, limit: int) -> list[NewEntry]:
    """The next events and acts that are not entered, in the order in which readers meet them.

    None that might be overtaken: how far one may look is asked first and holds for both.
    """
    here, horizon = connection.execute(select(mark(Mark.LOGGED), func.outbox_horizon())).one()
    there = (outbox.c.request_id == events.c.request_id) & (outbox.c.seq == events.c.seq)
    told = (
        select(outbox.c.position, events.c.digest, events.c.request_id, events.c.seq)
        .select_from(outbox.join(events, there))
        .where(outbox.c.position > here, outbox.c.position < horizon)
        .order_by(outbox.c.position)
        .limit(limit)
    )
    position = operator_acts.c.position
    done = (
        select(position, operator_acts.c.digest, operator_acts.c.number)
        .where(position > here, position < horizon)
        .order_by(position)
        .limit(limit)
    )
    found = [NewEntry(*row) for row in connection.execute(told)]
    found += [NewEntry(row.position, row.digest, act=row.number) for row in connection.execute(done)]
    return sorted(found, key=lambda entry: entry.position)[:limit]


def enter(connection: Connection, first: int, entries: Sequence[NewEntry], nodes: Sequence[NewNode]) -> None:
    """Write entries from a place on, and the subtrees that are whole with them."""
    _copy(
        connection,
        log_entries,
        "place, request_id, seq, act",
        (
            f"{place}\t{_copied(entry.request_id)}\t{_copied(entry.seq)}\t{_copied(entry.act)}\n"
            for place, entry in enumerate(entries, start=first)
        ),
    )
    _copy(
        connection,
        log_nodes,
        "level, number, sha256, sm3",
        (f"{node.place[0]}\t{node.place[1]}\t\\\\x{node.sha256.hex()}\t\\\\x{node.sm3.hex()}\n" for node in nodes),
    )
    move_mark(connection, Mark.LOGGED, entries[-1].position)


def _copy(connection: Connection, table: Table, columns: str, lines: Iterable[str]) -> None:
    """Write many rows at once, each a line as COPY reads it."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg2.extensions.connection)
    with driver.cursor() as cursor:
        cursor.copy_expert(f"COPY {table.name} ({columns}) FROM STDIN", io.StringIO("".join(lines)))


def _copied(value: int | str | None) -> str:
    return "\\N" if value is None else str(value).translate(_ESCAPED)


def nodes(connection: Connection, places: Collection[NodePlace], algorithm: Algorithm) -> dict[NodePlace, bytes]:
    """The hashes of these subtrees; one that is not there is left out."""
    if not places:
        return {}
    hashed = log_nodes.c[algorithm]
    query = select(log_nodes.c.level, log_nodes.c.number, hashed).where(
        tuple_(log_nodes.c.level, log_nodes.c.number).in_([tuple(place) for place in places])
    )
    return {NodePlace(level, number): bytes(found) for level, number, found in connection.execute(query)}


def entered_leaves(connection: Connection, request_ids: Collection[str]) -> list[tuple[str, int, str, bytes]]:
    """Of each event of these cases that is in the log: its case and number, its digest now, its leaf as entered."""
    query = (
        select(events.c.request_id, events.c.seq, events.c.digest, log_nodes.c.sha256)
        .join(log_entries, (log_entries.c.request_id == events.c.request_id) & (log_entries.c.seq == events.c.seq))
        .join(log_nodes, (log_nodes.c.level == 0) & (log_nodes.c.number == log_entries.c.place))
        .where(events.c.request_id.in_(request_ids))
        .order_by(events.c.request_id, events.c.seq)
    )
    return [(case, seq, digest, bytes(leaf)) for case, seq, digest, leaf in connection.execute(query)]


def places_of(connection: Connection, request_id: str, below: int) -> dict[int, int]:
    """The places of a case's events in the log of so many entries, by number of the event."""
    query = select(log_entries.c.seq, log_entries.c.place).where(
        log_entries.c.request_id == request_id, log_entries.c.place < below
    )
    return {row.seq: row.place for row in connection.execute(query)}


def places_of_acts(connection: Connection, numbers: Collection[int], below: int) -> dict[int, int]:
    """The places of acts in the log of so many entries, by their numbers."""
    query = select(log_entries.c.act, log_entries.c.place).where(
        log_entries.c.act.in_(numbers), log_entries.c.place < below
    )
    return {row.act: row.place for row in connection.execute(query)}


def checkpoints_from(connection: Connection, below: int | None, at_most: int) -> list[KeptCheckpoint]:
    """The checkpoints that cover fewer entries than ``below`` (None: all), the one that covers most first."""
    lines = (
        select(func.array_agg(aggregate_order_by(cosignatures.c.line, cosignatures.c.brought_at, cosignatures.c.key)))
        .where(cosignatures.c.size == checkpoints.c.size)
        .scalar_subquery()
    )
    said = (checkpoints.c.size, checkpoints.c.note, checkpoints.c.key, checkpoints.c.made_at)
    query = select(*said, lines, timestamps.c.at).outerjoin(timestamps, timestamps.c.size == checkpoints.c.size)
    if below is not None:
        query = query.where(checkpoints.c.size < below)
    rows = connection.execute(query.order_by(checkpoints.c.size.desc()).limit(at_most))
    return [KeptCheckpoint(size, note, key, made_at, below or (), at) for size, note, key, made_at, below, at in rows]


def newest_checkpoint(connection: Connection) -> KeptCheckpoint | None:
    """The checkpoint that covers most."""
    return next(iter(checkpoints_from(connection, None, 1)), None)


def is_due(connection: Connection, every: timedelta) -> bool:
    """Whether the newest checkpoint is older than this, by the database's clock. One of an empty log counts as none."""
    query = select(checkpoints.c.size, func.clock_timestamp() - checkpoints.c.made_at >= every)
    newest = connection.execute(query.order_by(checkpoints.c.size.desc()).limit(1)).first()
    return newest is None or newest.size == 0 or bool(newest[1])


def waits_for_a_stamp(connection: Connection, every: timedelta) -> str | None:
    """The note of the newest checkpoint, where it has no timestamp and none that has one was made in this while.

    One of an empty log waits for nothing. By the database's clock.
    """
    newest = newest_checkpoint(connection)
    if newest is None or newest.size == 0 or newest.stamped_at is not None:
        return None
    recent = func.clock_timestamp() - checkpoints.c.made_at < every
    stamped = select(checkpoints.c.size).join(timestamps, timestamps.c.size == checkpoints.c.size).where(recent)
    return None if connection.execute(stamped.limit(1)).first() else newest.note


def sizes_of_checkpoints(connection: Connection, below: int, at_most: int) -> list[int]:
    """How many entries the newest checkpoints before one cover, ascending."""
    query = select(checkpoints.c.size).where(checkpoints.c.size < below).order_by(checkpoints.c.size.desc())
    return sorted(connection.execute(query.limit(at_most)).scalars())


def signing_keys(connection: Connection) -> list[str]:
    """The public keys that have signed checkpoints, as they are written, the one of the newest first."""
    query = select(checkpoints.c.key).group_by(checkpoints.c.key).order_by(func.max(checkpoints.c.size).desc())
    return list(connection.execute(query).scalars())


def keep_checkpoint(connection: Connection, size: int, note: str, key: str) -> None:
    """Keep a checkpoint for good."""
    connection.execute(insert(checkpoints).values(size=size, note=note, key=key))


def keep_cosignatures(connection: Connection, size: int, lines: Mapping[str, str]) -> None:
    """Keep what witnesses wrote below a checkpoint, by their public keys; of each key the first counts."""
    rows = [{"size": size, "key": key, "line": line} for key, line in lines.items()]
    connection.execute(insert(cosignatures).values(rows).on_conflict_do_nothing())


def keep_timestamp(connection: Connection, size: int, at: datetime, response: bytes) -> None:
    """Keep what an authority answered of a checkpoint, and when it says it saw it; the first answer counts."""
    connection.execute(insert(timestamps).values(size=size, at=at, response=response).on_conflict_do_nothing())


def newest_stamped(connection: Connection, at_most: int) -> StampedCheckpoint | None:
    """The newest checkpoint with a timestamp among those that cover at most so many entries; None where none has one.

    One of an empty log counts as none.
    """
    query = (
        select(timestamps.c.size, checkpoints.c.note, timestamps.c.response)
        .join(checkpoints, checkpoints.c.size == timestamps.c.size)
        .where(timestamps.c.size.between(1, at_most))
        .order_by(timestamps.c.size.desc())
    )
    found = connection.execute(query.limit(1)).first()
    return None if found is None else StampedCheckpoint(found.size, found.note, bytes(found.response))
