"""The log: entries to be added, the nodes of its Merkle tree, and its checkpoints."""

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
"""Characters that must be escaped in COPY."""
_LOG_LOCK = 0x6C6F67  # "log" in ASCII: one writer at a time


@dataclass(frozen=True)
class NewEntry:
    """An entry to be added: an event of a case, or an act, by its number. ``position`` is its order in time."""

    position: int
    digest: str
    request_id: str | None = None
    seq: int | None = None
    act: int | None = None

    def content(self) -> bytes:
        """The content of the entry."""
        if self.request_id is not None and self.seq is not None:
            return entry_of_event(self.request_id, self.seq, self.digest)
        assert self.act is not None
        return entry_of_act(self.act, self.digest)


@dataclass(frozen=True)
class KeptCheckpoint:
    """A stored checkpoint: the number of entries covered, its signed note, the public key that signed it, and when.

    ``lines`` are the cosignatures of witnesses (:func:`keep_cosignatures`), in order of arrival; ``stamped_at`` is the
    time of its timestamp, None without one.
    """

    size: int
    note: str
    key: str
    made_at: datetime
    lines: Sequence[str] = ()
    stamped_at: datetime | None = None

    @property
    def cosigned(self) -> str:
        """The note with all signatures."""
        return self.note + "".join(self.lines)


@dataclass(frozen=True)
class StampedCheckpoint:
    """A checkpoint by its size, its signed note, and the answer of the timestamp authority."""

    size: int
    note: str
    response: bytes


@dataclass(frozen=True)
class NewNode:
    """A subtree that is now complete, hashed by both algorithms."""

    place: NodePlace
    sha256: bytes
    sm3: bytes


def alone(connection: Connection) -> None:
    """Lock the log against other writers until the end of the transaction."""
    connection.execute(select(func.pg_advisory_xact_lock(_LOG_LOCK)))


def length(connection: Connection) -> int:
    """The number of entries."""
    found: int = connection.execute(select(func.coalesce(func.max(log_entries.c.place) + 1, 0))).scalar_one()
    return found


def lost_entries(connection: Connection) -> bool:
    """Whether entries were removed from the log, which no code of ours does.

    Either a checkpoint covers more entries, or the last entry is older than the mark of the last one entered.
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
    """The next events and acts to be entered, in the order of the outbox.

    Stops at the horizon, which is read first and holds for both, so that nothing can be overtaken.
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
    """Write entries from a place on, and the subtrees that they complete."""
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
    """Write many rows with COPY, each as a line."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg2.extensions.connection)
    with driver.cursor() as cursor:
        cursor.copy_expert(f"COPY {table.name} ({columns}) FROM STDIN", io.StringIO("".join(lines)))


def _copied(value: int | str | None) -> str:
    return "\\N" if value is None else str(value).translate(_ESCAPED)


def nodes(connection: Connection, places: Collection[NodePlace], algorithm: Algorithm) -> dict[NodePlace, bytes]:
    """The hashes of these subtrees; missing ones are left out."""
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
    """The places of a case's events among the first ``size`` entries, by event number."""
    query = select(log_entries.c.seq, log_entries.c.place).where(
        log_entries.c.request_id == request_id, log_entries.c.place < below
    )
    return {row.seq: row.place for row in connection.execute(query)}


def places_of_acts(connection: Connection, numbers: Collection[int], below: int) -> dict[int, int]:
    """The places of acts among the first ``size`` entries, by number."""
    query = select(log_entries.c.act, log_entries.c.place).where(
        log_entries.c.act.in_(numbers), log_entries.c.place < below
    )
    return {row.act: row.place for row in connection.execute(query)}


def checkpoints_from(connection: Connection, below: int | None, at_most: int) -> list[KeptCheckpoint]:
    """The checkpoints smaller than ``below`` (None: all), largest first."""
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
    """The largest checkpoint."""
    return next(iter(checkpoints_from(connection, None, 1)), None)


def is_due(connection: Connection, every: timedelta) -> bool:
    """Whether the newest checkpoint is older than this, by the database's clock; one of an empty log does not count."""
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
    """The sizes of the newest checkpoints before one, ascending."""
    query = select(checkpoints.c.size).where(checkpoints.c.size < below).order_by(checkpoints.c.size.desc())
    return sorted(connection.execute(query.limit(at_most)).scalars())


def signing_keys(connection: Connection) -> list[str]:
    """The public keys that have signed checkpoints, in text form, that of the newest first."""
    query = select(checkpoints.c.key).group_by(checkpoints.c.key).order_by(func.max(checkpoints.c.size).desc())
    return list(connection.execute(query).scalars())


def keep_checkpoint(connection: Connection, size: int, note: str, key: str) -> None:
    """Store a checkpoint."""
    connection.execute(insert(checkpoints).values(size=size, note=note, key=key))


def keep_cosignatures(connection: Connection, size: int, lines: Mapping[str, str]) -> None:
    """Store cosignatures of a checkpoint by public key; the first of each key counts."""
    rows = [{"size": size, "key": key, "line": line} for key, line in lines.items()]
    connection.execute(insert(cosignatures).values(rows).on_conflict_do_nothing())


def keep_timestamp(connection: Connection, size: int, at: datetime, response: bytes) -> None:
    """Store the timestamp of a checkpoint and its time; the first one counts."""
    connection.execute(insert(timestamps).values(size=size, at=at, response=response).on_conflict_do_nothing())


def newest_stamped(connection: Connection, at_most: int) -> StampedCheckpoint | None:
    """The newest checkpoint with a timestamp up to a size; None if there is none.

    One of an empty log does not count.
    """
    query = (
        select(timestamps.c.size, checkpoints.c.note, timestamps.c.response)
        .join(checkpoints, checkpoints.c.size == timestamps.c.size)
        .where(timestamps.c.size.between(1, at_most))
        .order_by(timestamps.c.size.desc())
    )
    found = connection.execute(query.limit(1)).first()
    return None if found is None else StampedCheckpoint(found.size, found.note, bytes(found.response))
