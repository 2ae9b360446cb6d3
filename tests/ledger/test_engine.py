"""The pool of connections: a cut connection costs neither the answer it brought nor its place."""

from sqlalchemy import Engine, text

from ledger.engine import connect, reading

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


def cut(engine: Engine, pid: int) -> None:
    """End a backend, and wait until it is gone."""
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
