"""Large ledgers are made of real rows, whatever the tables are."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg2
import pytest

from bench.filling import DEPARTMENTS, LONGEST_DOCUMENT, Original, fill
from embedded.stack.postgres import start_postgres

OPEN: Final = Original("NANTONG-AAAAAAAABBBBBBBB", "a" * 32, closed=False, of_a_thousand=20)
CLOSED: Final = Original("NANTONG-CCCCCCCCDDDDDDDD", "c" * 32, closed=True, of_a_thousand=980)
TABLES: Final = """
CREATE TABLE cases (request_id text PRIMARY KEY, requester text, filed_at timestamptz, filing_key text UNIQUE,
                    document jsonb, tags text[]);
CREATE TABLE steps (request_id text REFERENCES cases, seq int, said jsonb, PRIMARY KEY (request_id, seq));
CREATE TABLE feed (position bigint PRIMARY KEY, request_id text, seq int);
CREATE TABLE numbered (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, request_id text);
CREATE TABLE unrelated (id int);
CREATE INDEX cases_by_requester ON cases (upper(requester));
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
"""
REFUSING: Final = """
CREATE TRIGGER refused BEFORE INSERT ON cases FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE cases ENABLE ALWAYS TRIGGER refused;
"""


@pytest.fixture(scope="module")
def filled() -> Iterator[str]:
    """A database with 2,000 cases made of two."""
    with tempfile.TemporaryDirectory(prefix="shareflow-") as folder:
        server = start_postgres(Path(folder) / "pg")
        with psycopg2.connect(server.url) as connection, connection.cursor() as there:
            there.execute(TABLES)
            for case in (OPEN, CLOSED):
                long = '{"long": "' + "x" * LONGEST_DOCUMENT + '"}'
                row = (case.request_id, "11320A", "2026-09-18T10:00+08:00", case.key, long, ["it's", case.request_id])
                there.execute("INSERT INTO cases VALUES (%s, %s, %s, %s, %s, %s)", row)
                for seq in (1, 2, 3):
                    said = f'{{"case": "{case.request_id}", "by": "11320A"}}'
                    there.execute("INSERT INTO steps VALUES (%s, %s, %s)", (case.request_id, seq, said))
                    there.execute("INSERT INTO numbered (request_id) VALUES (%s)", (case.request_id,))
                    place = 1_000_000 + seq + 10 * case.closed
                    there.execute("INSERT INTO feed VALUES (%s, %s, %s)", (place, case.request_id, seq))
            there.execute(REFUSING)
        fill(server.url, [OPEN, CLOSED], 2000, {"11320A": "11320"})
        yield server.url
        server.stop()


def asked(url: str, question: str) -> Any:
    """The first value that a query gives."""
    with psycopg2.connect(url) as connection, connection.cursor() as there:
        there.execute(question)
        row = there.fetchone()
        assert row is not None
        return row[0]


def test_of_a_thousand_cases_so_many_are_copies_of_each(filled: str) -> None:
    assert asked(filled, "SELECT count(*) FROM cases") == 2000 + 2
    assert asked(filled, "SELECT count(*) FROM cases WHERE request_id LIKE 'NANTONG-AAAAAAAA%'") == 40 + 1


def test_of_an_open_case_every_row_is_copied_of_a_closed_one_the_last(filled: str) -> None:
    per_case = "SELECT count(*) FROM steps WHERE request_id = 'NANTONG-{}00000007'"
    assert asked(filled, per_case.format("AAAAAAAA")) == 3
    assert asked(filled, per_case.format("CCCCCCCC")) == 1
    last = "SELECT seq FROM steps WHERE request_id = 'NANTONG-CCCCCCCC00000007'"
    assert asked(filled, last) == 3


def test_copies_differ_in_id_key_department_and_time_wherever_these_stand(filled: str) -> None:
    copy = "SELECT {} FROM cases WHERE request_id = 'NANTONG-AAAAAAAA00000007'"
    assert asked(filled, copy.format("requester")) == f"11320{7 % DEPARTMENTS}"
    assert asked(filled, copy.format("filing_key")) == "a" * 24 + "00000007"
    assert asked(filled, copy.format("tags")) == ["it's", "NANTONG-AAAAAAAA00000007"]
    said = "SELECT said FROM steps WHERE request_id = 'NANTONG-AAAAAAAA00000007'"
    assert asked(filled, said) == {"case": "NANTONG-AAAAAAAA00000007", "by": "113203"}
    spread = asked(filled, "SELECT extract(day FROM max(filed_at) - min(filed_at)) FROM cases")
    assert spread == 365


def test_a_long_document_of_a_closed_case_is_left_empty(filled: str) -> None:
    long = "SELECT count(*) FROM cases WHERE length(document::text) > 4000 AND request_id LIKE 'NANTONG-{}%'"
    assert asked(filled, long.format("CCCCCCCC")) == 1
    assert asked(filled, long.format("AAAAAAAA")) == 41


def test_places_in_the_order_of_all_rows_are_new_and_indexes_are_there_again(filled: str) -> None:
    assert asked(filled, "SELECT count(DISTINCT position) FROM feed") == 40 * 3 + 1960 + 6
    assert asked(filled, "SELECT min(position) FROM feed") == 1
    assert asked(filled, "SELECT count(*) FROM pg_indexes WHERE indexname = 'cases_by_requester'") == 1
