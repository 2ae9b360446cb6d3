"""The maps of heads: which cases have new events since a checkpoint, and the stored nodes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Connection, LargeBinary, String, and_, cast, column, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from domain.log.heads import Hashes, HeadNode, LogHead, digest_of_acts, key_of_acts, key_of_case, node_in
from ledger.log_tables import log_entries, log_heads, operator_acts
from ledger.tables import events

_AT_ONCE: Final = 10_000
"""Nodes written by one statement."""


def heads_since(connection: Connection, place: int) -> list[LogHead]:
    """The last event of each case, and the last act about each, among the entries from a place on."""
    entered: ColumnElement[bool] = log_entries.c.place >= place
    cases = (
        select(log_entries.c.request_id, func.max(log_entries.c.seq).label("seq"))
        .where(entered, log_entries.c.request_id.is_not(None))
        .group_by(log_entries.c.request_id)
        .subquery()
    )
    last = and_(events.c.request_id == cases.c.request_id, events.c.seq == cases.c.seq)
    told = select(events.c.request_id, events.c.seq, events.c.digest).select_from(cases.join(events, last))
    found = [LogHead(key_of_case(case), seq, bytes.fromhex(digest)) for case, seq, digest in connection.execute(told)]
    return found + _heads_of_acts(connection, entered)


def _heads_of_acts(connection: Connection, entered: ColumnElement[bool]) -> list[LogHead]:
    """For each case with an act entered since: all acts about it in the log."""
    logged = log_entries.join(operator_acts, log_entries.c.act == operator_acts.c.number)
    touched = select(operator_acts.c.request_id).select_from(logged).where(entered)
    query = (
        select(operator_acts.c.request_id, operator_acts.c.number, operator_acts.c.digest)
        .select_from(logged)
        .where(operator_acts.c.request_id.in_(touched))
        .order_by(operator_acts.c.request_id, operator_acts.c.number)
    )
    return [
        LogHead(key_of_acts(case), acts[-1].number, digest_of_acts(bytes.fromhex(act.digest) for act in acts))
        for case, acts in ((case, list(rows)) for case, rows in groupby(connection.execute(query), _case_of))
    ]


def _case_of(row: Any) -> str:
    return str(row.request_id)


def head_nodes(connection: Connection, names: Collection[bytes]) -> dict[bytes, HeadNode]:
    """The nodes with these names."""
    query = select(log_heads.c.sha256, log_heads.c.node).where(log_heads.c.sha256.in_(list(names)))
    return {bytes(name): node_in(bytes(node)) for name, node in connection.execute(query)}


def keep_head_nodes(connection: Connection, nodes: Mapping[Hashes, HeadNode]) -> None:
    """Store nodes; existing ones are identical."""
    all_of_them = list(nodes.items())
    for first in range(0, len(all_of_them), _AT_ONCE):
        some = all_of_them[first : first + _AT_ONCE]
        names = _array(hashes.sha256 for hashes, _ in some)
        written = _array(node.written() for _, node in some)
        rows = func.unnest(names, written).table_valued(column("sha256"), column("node")).render_derived()
        told = insert(log_heads).from_select(["sha256", "node"], select(rows.c.sha256, rows.c.node))
        connection.execute(told.on_conflict_do_nothing())


def _array(values: Iterable[bytes]) -> ColumnElement[Sequence[bytes]]:
    """An array as one parameter, at a fraction of the cost of one parameter for each element."""
    told = "{" + ",".join(rf'"\\x{value.hex()}"' for value in values) + "}"
    return cast(literal(told, String), ARRAY(LargeBinary))
