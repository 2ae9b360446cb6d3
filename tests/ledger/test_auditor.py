"""The auditors' role: on the real database it reads all that an audit needs, and can write nothing."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError

from cli.errors import tell
from ledger.auditor import AUDITOR, readable
from ledger.engine import connect
from ledger.log_book import LogBook
from ledger.reader import Reader
from ledger.recording import record_step
from ledger.schema import migrate
from tests.ledger.conftest import Steps
from tests.ledger.test_log_book import AT, SIGNER

WRITES = [
    "INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM {table}",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
    "LOCK TABLE {table} IN EXCLUSIVE MODE",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "DROP TABLE {table}",
]


@pytest.fixture
def own(ledger_url: str, resolve: Callable[..., object]) -> Iterator[Engine]:
    """A ledger of its own with one case, under a checkpoint."""
    engine = connect(ledger_url, pool_size=2)
    record_step(engine, Steps("audited").filing(), resolve, "sm3")
    LogBook(engine).checkpoint(SIGNER, AT)
    yield engine
    engine.dispose()


@pytest.fixture
def anna(own: Engine) -> Iterator[Engine]:
    """An auditor's own connection."""
    with own.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS anna"))
        connection.execute(text(f"CREATE ROLE anna LOGIN PASSWORD 'secret' IN ROLE {AUDITOR}"))
    url = make_url(str(own.url.render_as_string(hide_password=False))).set(username="anna", password="secret")
    engine = connect(url.render_as_string(hide_password=False), pool_size=2)
    yield engine
    engine.dispose()


def test_an_auditor_reads_a_case_and_its_proof(anna: Engine) -> None:
    reader = Reader(anna)
    assert [(case.request_id, case.seq) for case in reader.cases().cases] == [("audited", 2)]
    assert len(reader.events("audited")) == 2
    newest = reader.log.newest_checkpoint()
    assert newest is not None
    assert [proof.number for proof in reader.log.inclusion("audited", newest.size)] == [1, 2]
    assert reader.archived_runs("audited") == ()
    assert reader.calendar().editions
    with anna.connect() as connection:
        for table in readable():
            connection.execute(text(f"SELECT count(*) FROM {table}"))


def test_an_auditor_writes_nothing(own: Engine, anna: Engine) -> None:
    for table in [*readable(), "webhooks"]:
        for statement in WRITES:
            refused = pytest.raises(DBAPIError, match=r"permission denied|must be owner")
            with refused, anna.begin() as connection:
                connection.execute(text(statement.format(table=table)))
    with pytest.raises(DBAPIError, match="permission denied"), anna.begin() as connection:
        connection.execute(text("UPDATE cases SET stage = stage"))
    with pytest.raises(DBAPIError, match="permission denied"), anna.begin() as connection:
        connection.execute(text("SELECT 1 FROM cases FOR UPDATE"))
    with pytest.raises(DBAPIError, match="permission denied"), anna.begin() as connection:
        connection.execute(text('SELECT record_step(\'{"request_id": "audited", "head": 2}\')'))
    assert len(Reader(own).events("audited")) == 2


def test_a_temporary_table_can_be_taken_from_auditors(own: Engine, anna: Engine) -> None:
    """PostgreSQL lets every user make one; the ledger itself needs none."""
    with anna.begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE mine (number int)"))
    with own.begin() as connection:
        connection.execute(text(f"REVOKE TEMPORARY ON DATABASE {own.url.database} FROM PUBLIC"))
    with pytest.raises(DBAPIError, match="permission denied"), anna.begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE others (number int)"))


def test_large_objects_can_be_taken_from_auditors(own: Engine, anna: Engine) -> None:
    """PostgreSQL lets every user store some; the engine has none. As docs/audit.md says it."""
    with anna.begin() as connection:
        connection.execute(text("SELECT lo_unlink(lo_create(0))"))
    with own.begin() as connection:
        made = "lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea)"
        connection.execute(text(f"REVOKE EXECUTE ON FUNCTION {made} FROM PUBLIC"))
    for way in ("lo_create(0)", "lo_creat(-1)", "lo_from_bytea(0, 'x')"):
        with pytest.raises(DBAPIError, match="permission denied"), anna.begin() as connection:
            connection.execute(text(f"SELECT {way}"))


def test_whoever_may_not_is_told_so_in_a_sentence(anna: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DBAPIError) as refused, anna.begin() as connection:
        connection.execute(text("DELETE FROM events"))
    assert tell(refused.value) == 2
    assert capsys.readouterr().err == (
        "The database does not let its user do this: auditors read the ledger and write nothing.\n"
    )


@pytest.mark.parametrize("table", ["webhooks", "webhook_attempts"])
def test_an_auditor_reads_no_secret_of_a_webhook(anna: Engine, table: str) -> None:
    assert table not in readable()
    with pytest.raises(DBAPIError, match="permission denied"), anna.connect() as connection:
        connection.execute(text(f"SELECT * FROM {table}"))


def test_whoever_may_create_no_role_migrates_all_the_same(own: Engine) -> None:
    """There the role is the business of whoever runs the database."""
    with own.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS modest"))
        connection.execute(text("CREATE ROLE modest LOGIN PASSWORD 'secret'"))
        name = f"{own.url.database}_modest"
    with own.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name} OWNER modest"))
    url = own.url.set(username="modest", password="secret", database=name)
    engine = connect(url.render_as_string(hide_password=False), pool_size=1)
    with own.begin() as connection:
        connection.execute(text(f"ALTER ROLE {AUDITOR} RENAME TO others"))
    try:
        migrate(engine)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM cases")).scalar_one() == 0
    finally:
        with own.begin() as connection:
            connection.execute(text(f"ALTER ROLE others RENAME TO {AUDITOR}"))
    migrate(engine)
    with engine.connect() as connection:
        may = connection.execute(text(f"SELECT has_table_privilege('{AUDITOR}', 'cases', 'SELECT')")).scalar_one()
    engine.dispose()
    assert may
