"""deploy/postgres/roles.sql on a real server: the role of workers and API does its work, and no more."""

import re
from collections.abc import Callable, Iterator

import psycopg2
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from embedded.simulate.sandbox import Sandbox
from ledger.app_role import COME_AND_GO, EVERY, MAY, ONLY_GROW, READ_ALONE, STAY
from ledger.engine import connect
from ledger.errors import LedgerUnavailable
from ledger.queries import events_of
from ledger.recording import record_step
from ledger.schema import migrate
from ledger.schema_check import require_schema
from ledger.tables import metadata
from tests.databases import with_texts
from tests.deploy.conftest import DEPLOY

ROLES = (DEPLOY / "postgres/roles.sql").read_text("utf-8")
BEYOND = [
    "CREATE TABLE mine (n int)",
    "CREATE TEMPORARY TABLE mine (n int)",
    "ALTER TABLE events DISABLE TRIGGER ALL",
    "DROP TABLE events",
    "UPDATE events SET article = '1'",
    "DELETE FROM events",
    "UPDATE alembic_version SET version_num = '0001'",
    "DELETE FROM alembic_version",
    "INSERT INTO alembic_version VALUES ('0001')",
    "SET session_replication_role = replica",
    "SET log_min_error_statement = error",
    "SELECT lo_creat(-1)",
]

REFUSED = re.compile("permission denied|must be owner|only grows")


def plain_url(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def in_the_name_of(role: str, url: str) -> str:
    return url.replace("postgres@", f"{role}@")


@pytest.fixture
def app(new_database: Callable[[], str]) -> Iterator[Engine]:
    """A ledger as roles.sql and `admin migrate` make it, by the role of workers and the API."""
    url = new_database()
    connection = psycopg2.connect(url)
    for _ in range(2):
        with connection, connection.cursor() as cursor:
            cursor.execute(ROLES)
    connection.close()
    owner = connect(in_the_name_of("shareflow_owner", url), pool_size=1)
    migrate(owner)
    with_texts(owner)
    owner.dispose()
    engine = connect(in_the_name_of("shareflow_app", url), pool_size=2)
    yield engine
    engine.dispose()


def test_the_app_records_and_cannot_change_tables_nor_what_only_grows(app: Engine, steps, resolve) -> None:
    require_schema(app)
    record_step(app, steps.filing(), resolve, "sm3")
    before = events_of(app, steps.request_id)
    for statement in BEYOND:
        with pytest.raises(DBAPIError) as refused, app.begin() as connection:
            connection.execute(text(statement))
        assert REFUSED.search(str(refused.value)), statement
    assert events_of(app, steps.request_id) == before


GIVEN_BEFORE = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO shareflow_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO shareflow_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO shareflow_app;
"""
"""What roles.sql of 0.2.0 said, and what it came to."""
HELD = text(
    "SELECT relname, privilege FROM pg_class, unnest(:every) AS privilege WHERE relnamespace = 'public'::regnamespace "
    "AND relkind = 'r' AND has_table_privilege('shareflow_app', pg_class.oid, privilege)"
)
ALLOWED = {(table, privilege) for table, privileges in MAY.items() for privilege in privileges}


@pytest.fixture
def owner(app: Engine) -> Iterator[Engine]:
    engine = connect(plain_url(app).replace("shareflow_app@", "shareflow_owner@"), pool_size=1)
    yield engine
    engine.dispose()


def held(owner: Engine) -> set[tuple[str, str]]:
    with owner.connect() as connection:
        return {(row.relname, row.privilege) for row in connection.execute(HELD, {"every": list(EVERY)})}


def test_what_the_app_may_is_said_of_every_table_once() -> None:
    assert MAY.keys() == {*metadata.tables, "alembic_version"}
    assert len(MAY) == sum(map(len, (READ_ALONE, ONLY_GROW, STAY, COME_AND_GO)))


def test_the_app_may_do_with_each_table_what_is_said_and_with_one_that_comes_later_nothing(
    app: Engine, owner: Engine
) -> None:
    assert held(owner) == ALLOWED
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE later (number bigint GENERATED ALWAYS AS IDENTITY)"))
    for statement in ("SELECT * FROM later", "INSERT INTO later DEFAULT VALUES"):
        with pytest.raises(DBAPIError, match="permission denied"), app.begin() as connection:
            connection.execute(text(statement))


def test_an_installation_of_before_loses_what_it_was_given_beforehand(app: Engine, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text(GIVEN_BEFORE))
    assert held(owner) > ALLOWED
    migrate(owner)
    migrate(app)
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE later (number bigint)"))
    assert held(owner) == ALLOWED


def test_a_ledger_into_which_the_role_was_never_let_gives_it_nothing(
    app: Engine, new_database: Callable[[], str]
) -> None:
    other = connect(new_database(), pool_size=1)
    migrate(other)
    assert app.url.username == "shareflow_app", "the role is there, for a ledger beside this one"
    assert held(other) == set()
    other.dispose()


SET_BY_ROLE = {
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "20s",
    "timezone": "Asia/Shanghai",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
"""The last two: no refused statement stands in the server's log with the persons and salts that it was to record."""


def test_what_a_session_sets_is_set_by_the_role_too(app: Engine) -> None:
    url = plain_url(app)
    plain = psycopg2.connect(url)
    with plain, plain.cursor() as cursor:
        found = []
        for name in SET_BY_ROLE:
            cursor.execute(f"SHOW {name}")
            found.append(cursor.fetchone()[0])
    plain.close()
    assert found == list(SET_BY_ROLE.values())


def test_a_role_without_limits_behind_a_pooler_is_refused(
    app: Engine, monkeypatch: pytest.MonkeyPatch, ground: Sandbox
) -> None:
    monkeypatch.setattr("ledger.engine._SESSION", "")
    url = plain_url(ground.engine)
    with pytest.raises(LedgerUnavailable, match=r"takes no settings from sessions, and the role postgres has none"):
        connect(url, pool_size=1)
    connect(plain_url(app), pool_size=1).dispose()
