"""The pool of connections: a cut connection costs neither the answer it brought nor its place."""

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import OperationalError

from ledger.engine import connect, reading
from ledger.queries import get_case, list_cases

MORE_THAN_THE_POOL_HOLDS = 5


def test_a_connection_cut_after_its_answer_gives_its_place_back(postgres_url: str, engine: Engine) -> None:
    small = connect(postgres_url, pool_size=1)
    for _ in range(MORE_THAN_THE_POOL_HOLDS):
        with reading(small) as connection:
            connection.execute(text("SELECT 1"))
        with reading(small) as connection:  # the driver treats the second read on a connection otherwise
            mine = connection.scalar(text("SELECT pg_backend_pid()"))
            cut(engine, mine)
    with reading(small) as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    assert small.pool.checkedout() == 0  # type: ignore[attr-defined]
    small.dispose()


def test_a_read_leaves_no_trace_on_the_connection_that_writes_next(postgres_url: str) -> None:
    single = connect(postgres_url, pool_size=1)
    with reading(single) as connection:
        read_by = connection.scalar(text("SELECT pg_backend_pid()"))
        assert connection.scalar(text("SELECT now() = statement_timestamp()")), "inside a transaction of its own"
    with single.begin() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) == read_by
        connection.execute(text("SELECT pg_sleep(0.01)"))
        assert not connection.scalar(text("SELECT now() = statement_timestamp()")), "no transaction"
    single.dispose()


def test_a_question_in_one_call_outlives_a_cut_connection(postgres_url: str, engine: Engine) -> None:
    small = connect(postgres_url, pool_size=1)
    assert get_case(small, "unknown") is None
    with engine.begin() as connection:
        dropped = text(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE query LIKE 'SELECT one_case%' AND pid <> pg_backend_pid()"
        )
        assert connection.scalar(dropped) > 0
    assert get_case(small, "unknown") is None
    small.dispose()


def test_a_database_that_is_away_is_told_alike_for_every_question(empty_database: str, engine: Engine) -> None:
    away = connect(empty_database, pool_size=1)
    away.dispose()
    name = make_url(empty_database).database
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
    for question in (lambda: list_cases(away), lambda: get_case(away, "unknown")):
        with pytest.raises(OperationalError, match="not currently accepting connections"):
            question()


def cut(engine: Engine, pid: int) -> None:
    """End a backend, and wait until it is gone."""
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
