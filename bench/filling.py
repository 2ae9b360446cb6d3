"""A ledger of very many cases, made of real ones: their rows again and again, in other cases' names.

Nothing is said here of tables and columns: every table that has a ``request_id`` is filled from the rows that real
cases have there. A row is copied with the id, the filing key and the departments' codes replaced wherever they occur,
and with its instants moved back, so that the cases lie spread over a year. Of a closed case only the last row of a
table is copied and a long document is left empty; of an open one everything. What a copy says of digests is therefore
not true: these ledgers are for questions of lists, not of evidence.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg2
from psycopg2.extensions import adapt, cursor

from embedded.stack.postgres import Postgres

DEPARTMENTS: Final = 4
"""How many departments there are on each side of the cases."""
SPREAD: Final = "365 days"
LONGEST_DOCUMENT: Final = 4000
"""In characters; of a closed case only."""
AT_ONCE: Final = 100_000
"""How many copies one transaction makes at most."""
NUMERALS: Final = 8
"""Of an id's end, by which copies differ."""


@dataclass(frozen=True)
class Original:
    """A real case in the ledger. ``of_a_thousand``: how many of a thousand cases are copies of it."""

    request_id: str
    key: str
    closed: bool
    of_a_thousand: int


@dataclass(frozen=True)
class _Column:
    name: str
    kind: str


@dataclass(frozen=True)
class _Table:
    name: str
    columns: Sequence[_Column]
    key: Sequence[str]


_TABLES: Final = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attname = 'request_id' AND NOT a.attisdropped ORDER BY c.relname
"""
_COLUMNS: Final = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
  AND NOT attisdropped AND attgenerated = '' AND attidentity = '' ORDER BY attnum
"""
_KEY: Final = """
SELECT a.attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS u (attnum, number), pg_attribute a
WHERE i.indrelid = %s::regclass AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = u.attnum ORDER BY u.number
"""
_INDEXES: Final = """
SELECT quote_ident(c.relname), pg_get_indexdef(i.indexrelid) FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r' AND t.relname = ANY (%s) AND NOT i.indisunique
  AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
"""


@contextmanager
def _open(url: str) -> Iterator[cursor]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as there:
            yield there
    finally:
        connection.close()


def hurried(server: Postgres) -> None:
    """Let a throw-away server write quickly: what it holds need not outlive it."""
    with _open(server.url) as there:
        for setting in ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "max_wal_size = '16GB'"):
            there.execute(f"ALTER SYSTEM SET {setting}")
        there.execute("SELECT pg_reload_conf()")


def fill(url: str, originals: Sequence[Original], cases: int, departments: Mapping[str, str]) -> None:
    """Make so many cases of the originals; ``departments``: the codes in the originals, each with its code but a digit.

    Triggers and foreign keys of the tables are off afterwards.
    """
    with _open(url) as there:
        there.execute("SET maintenance_work_mem = '1GB'; SET work_mem = '256MB'")
        tables = _tables(there)
        names = [table.name for table in tables]
        for name in names:
            there.execute(f'ALTER TABLE "{name}" DISABLE TRIGGER ALL')
        there.execute(_INDEXES, (names,))
        indexes = there.fetchall()
        for index, _ in indexes:
            there.execute(f"DROP INDEX {index}")
        for table in tables:
            drawn = 0
            for original in originals:
                drawn += _copies(there, table, original, cases * original.of_a_thousand // 1000, departments, drawn)
        for _, definition in indexes:
            there.execute(definition)
        there.execute("VACUUM (ANALYZE)")


def _tables(there: cursor) -> Sequence[_Table]:
    there.execute(_TABLES)
    found = []
    for (name,) in there.fetchall():
        there.execute(_COLUMNS, (f'public."{name}"',))
        columns = [_Column(*row) for row in there.fetchall()]
        there.execute(_KEY, (f'public."{name}"',))
        found.append(_Table(name, columns, [key for (key,) in there.fetchall()]))
    return found


def _copies(
    there: cursor, table: _Table, original: Original, number: int, departments: Mapping[str, str], drawn: int
) -> int:
    """Copy an original's rows of a table so many times; how many places of a common order that took."""
    rows = _rows(there, table, original)
    listed = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = _marks(original, departments)
    for place, row in enumerate(rows):
        values = ", ".join(
            _value(table, column, value, marks, f"{drawn + 1} + {len(rows)} * (copy - 1) + {place}", number)
            for column, value in zip(table.columns, row, strict=True)
        )
        for first in range(1, number + 1, AT_ONCE):
            last = min(first + AT_ONCE - 1, number)
            there.execute(
                f'INSERT INTO "{table.name}" ({listed}) SELECT {values} FROM generate_series({first}, {last}) AS copy'
            )
    return len(rows) * number


def _rows(there: cursor, table: _Table, original: Original) -> Sequence[Sequence[str | None]]:
    """The rows to be copied, every value as text."""
    order = ", ".join(f'"{key}" DESC' for key in table.key) or "1"
    last = f"ORDER BY {order} LIMIT 1" if original.closed else ""
    listed = ", ".join(f'"{column.name}"::text' for column in table.columns)
    there.execute(f'SELECT {listed} FROM "{table.name}" WHERE request_id = %s {last}', (original.request_id,))
    documents = [column.kind == "jsonb" and original.closed for column in table.columns]
    return [[_kept(*pair) for pair in zip(row, documents, strict=True)] for row in there.fetchall()]


def _kept(value: str | None, document: bool) -> str | None:
    return "{}" if document and value and len(value) > LONGEST_DOCUMENT else value


def _marks(original: Original, departments: Mapping[str, str]) -> Mapping[str, str]:
    """What is replaced wherever it occurs, and by which expression over the number ``copy``."""
    ends = f"lpad(copy::text, {NUMERALS}, '0')"
    return {
        original.request_id: f"{_quoted(original.request_id[:-NUMERALS])} || {ends}",
        original.key: f"{_quoted(original.key[:-NUMERALS])} || {ends}",
        **{code: f"{_quoted(stem)} || copy % {DEPARTMENTS}" for code, stem in departments.items()},
    }


def _value(table: _Table, column: _Column, value: str | None, marks: Mapping[str, str], place: str, number: int) -> str:
    """What a copy has in a column, as an expression over the number ``copy``."""
    if column.name in table.key and "request_id" not in table.key:
        # A place in the order of all rows: those below what the originals drew are free.
        return place
    if value is None:
        return f"NULL::{column.kind}"
    if column.kind == "timestamp with time zone":
        return f"{_quoted(value)}::timestamptz - copy * (interval '{SPREAD}' / {number})"
    parts = [value]
    for mark, instead in marks.items():
        parts = [piece for part in parts for piece in _split(part, mark, instead)]
    return f"({' || '.join(part if part in marks.values() else _quoted(part) for part in parts)})::{column.kind}"


def _split(part: str, mark: str, instead: str) -> Sequence[str]:
    """A text, cut where the mark stood, with the expression in between."""
    first, *others = part.split(mark)
    return [first, *(piece for other in others for piece in (instead, other))]


def _quoted(text: str) -> str:
    quoted = adapt(text)
    quoted.encoding = "utf-8"
    return str(quoted.getquoted().decode())
