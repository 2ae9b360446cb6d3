"""The rows that the ledger gets from each message of a case, as statements that write the same rows elsewhere.

Nothing is said here of tables and columns: a real case is played, and what each message added to, changed in or took
from the tables that have a ``request_id`` is what the others must write. Their tables have the same columns, defaults,
constraints and indexes, and neither triggers nor foreign keys.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import psycopg2
import psycopg2.extensions
from psycopg2.extensions import adapt

Cursor = psycopg2.extensions.cursor
Row = Mapping[str, str | None]
"""A row's values as text, by column."""
Snapshot = Mapping[str, Mapping[tuple[str | None, ...], Row]]
"""The rows of one case, by table and primary key."""

CASE: Final = "\u2020case\u2020"
KEY: Final = "\u2020key\u2020"

_TABLES: Final = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attname = 'request_id' AND NOT a.attisdropped ORDER BY c.relname
"""

_COLUMNS: Final = """
SELECT a.attname, coalesce(k.number, 0) FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN (SELECT i.indrelid, u.attnum, u.number FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS u (attnum, number)
           WHERE i.indisprimary) k ON k.indrelid = a.attrelid AND k.attnum = a.attnum
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  AND (k.number IS NOT NULL OR a.attidentity = '' AND coalesce(pg_get_expr(d.adbin, d.adrelid), '') NOT LIKE '%%(%%')
ORDER BY a.attnum
"""
"""What a writer gives itself: no column that the database fills (an identity, the time of writing)."""

_IDENTITIES: Final = """
SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND attidentity <> ''
"""


_DRAWN: Final = "((pg_current_xact_id()::text::bigint << 12) | {})"
"""A number that no other transaction draws, for keys that are a place in the order of all rows."""


@dataclass(frozen=True)
class CopiedTable:
    """A table of the ledger with a case's rows: the columns that a writer gives, and those of its primary key.

    ``filled``: those that the database fills all the same. A primary key without the case's id is a place in the order
    of all rows, which every writer draws anew.
    """

    name: str
    columns: Sequence[str]
    key: Sequence[str]
    filled: frozenset[str]

    def drawn(self, column: str) -> bool:
        """Whether a writer draws a number for this column."""
        return column in self.key and "request_id" not in self.key


def tables(cursor: Cursor) -> Sequence[CopiedTable]:
    """The tables of the ledger that have rows of cases."""
    cursor.execute(_TABLES)
    found = []
    for (name,) in cursor.fetchall():
        cursor.execute(_COLUMNS, (f"public.{name}",))
        columns = cursor.fetchall()
        cursor.execute(_IDENTITIES, (f"public.{name}",))
        filled = frozenset(column for (column,) in cursor.fetchall())
        key = [column for column, number in sorted(columns, key=lambda each: each[1]) if number]
        found.append(CopiedTable(name, [column for column, _ in columns], key, filled))
    return found


def snapshot(cursor: Cursor, request_id: str) -> Snapshot:
    """The rows that a case has now."""
    return {table.name: _rows(cursor, table, request_id) for table in tables(cursor)}


def _rows(cursor: Cursor, table: CopiedTable, request_id: str) -> Mapping[tuple[str | None, ...], Row]:
    listed = ", ".join(f'"{column}"::text' for column in table.columns)
    cursor.execute(f'SELECT {listed} FROM public."{table.name}" WHERE request_id = %s', (request_id,))
    rows = [dict(zip(table.columns, values, strict=True)) for values in cursor.fetchall()]
    key = table.key or table.columns
    return {tuple(row[column] for column in key): row for row in rows}


def statement(schema: str, known: Sequence[CopiedTable], before: Snapshot, after: Snapshot) -> str:
    """One statement that makes of the rows of a case before a message those after it, in another schema."""
    parts: list[str] = []
    for table in known:
        was, now = before.get(table.name, {}), after[table.name]
        name = f'{schema}."{table.name}"'
        added = [row for key, row in now.items() if key not in was]
        if added:
            parts.append(_insert(name, table, added))
        parts += [_update(name, table, was[key], row) for key, row in now.items() if key in was and was[key] != row]
        parts += [f"DELETE FROM {name} WHERE {_where(table, row)}" for key, row in was.items() if key not in now]
    *first, last = parts
    if not first:
        return last
    heads = ", ".join(f"w{number} AS ({part})" for number, part in enumerate(first))
    return f"WITH {heads} {last}"


def _insert(name: str, table: CopiedTable, rows: Sequence[Row]) -> str:
    columns = [column for column in table.columns if column not in table.filled]
    values = ", ".join(
        "(" + ", ".join(_DRAWN.format(place) if table.drawn(each) else _literal(row[each]) for each in columns) + ")"
        for place, row in enumerate(rows)
    )
    return f"INSERT INTO {name} ({', '.join(columns)}) VALUES {values}"


def _update(name: str, table: CopiedTable, was: Row, row: Row) -> str:
    changed = ", ".join(f"{column} = {_literal(value)}" for column, value in row.items() if was[column] != value)
    return f"UPDATE {name} SET {changed} WHERE {_where(table, row)}"


def _where(table: CopiedTable, row: Row) -> str:
    return " AND ".join(f"{column} = {_literal(row[column])}" for column in table.key)


def _literal(value: str | None) -> str:
    if value is None:
        return "NULL"
    quoted = adapt(value)
    quoted.encoding = "utf-8"
    return str(quoted.getquoted().decode())


def copied(cursor: Cursor, schema: str, known: Sequence[CopiedTable]) -> None:
    """Tables like those of the ledger in a schema of their own."""
    cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    cursor.execute(f"CREATE SCHEMA {schema}")
    for table in known:
        cursor.execute(f'CREATE TABLE {schema}."{table.name}" (LIKE public."{table.name}" INCLUDING ALL)')


def kept(path: Path, snapshots: Sequence[Snapshot], request_id: str, keys: Sequence[str]) -> None:
    """Write down what a case had after each message, its id and its keys replaced by marks."""
    plain: list[dict[str, list[Row]]] = [
        {name: list(rows.values()) for name, rows in each.items()} for each in snapshots
    ]
    text = json.dumps(plain, ensure_ascii=False).replace(request_id, CASE)
    for number, key in enumerate(keys):
        text = text.replace(key, f"{KEY}{number}")
    path.write_text(text, encoding="utf-8")


class Statements:
    """What the contestant that uses this schema writes for each message of a case."""

    def __init__(self, url: str, schema: str, recorded: Path) -> None:
        connection = psycopg2.connect(url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                known = tables(cursor)
                copied(cursor, schema, known)
        finally:
            connection.close()
        plain: list[dict[str, list[dict[str, Any]]]] = json.loads(recorded.read_text("utf-8"))
        keys = {table.name: table.key or table.columns for table in known}
        snapshots: list[Snapshot] = [{}]
        for each in plain:
            snapshots.append(
                {
                    name: {tuple(row[column] for column in keys[name]): row for row in rows}
                    for name, rows in each.items()
                }
            )
        self._statements = [statement(schema, known, before, after) for before, after in pairwise(snapshots)]

    def __len__(self) -> int:
        return len(self._statements)

    def of(self, number: int, case: str) -> str:
        """The statement for the message with that number (from 0) of a case."""
        return self._statements[number].replace(CASE, case).replace(KEY, case)


def new_case() -> str:
    """An id for a case."""
    return uuid.uuid4().hex
