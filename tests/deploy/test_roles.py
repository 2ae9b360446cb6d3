"""deploy/postgres/roles.sql on a real server: the role of workers and API does its work, and no more."""

import re
from collections.abc import Callable, Iterator

import psycopg2
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from embedded.simulate.sandbox import Sandbox
from ledger.engine import connect
from ledger.errors import LedgerUnavailable
from ledger.queries import events_of
from ledger.recording import record_step
from ledger.schema import migrate
from ledger.schema_check import require_schema
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


def test_an_installation_of_before_loses_the_right_to_change_the_schemas_version(app: Engine) -> None:
    owner = connect(plain_url(app).replace("shareflow_app@", "shareflow_owner@"), pool_size=1)
    with owner.begin() as connection:
        connection.execute(text("GRANT INSERT, UPDATE, DELETE ON alembic_version TO shareflow_app"))
    migrate(owner)
    migrate(app)
    owner.dispose()
    with pytest.raises(DBAPIError, match="permission denied"), app.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))


def test_what_a_session_sets_is_set_by_the_role_too(app: Engine) -> None:
    url = plain_url(app)
    plain = psycopg2.connect(url)
    with plain, plain.cursor() as cursor:
        found = []
        for name in ("lock_timeout", "idle_in_transaction_session_timeout", "timezone"):
            cursor.execute(f"SHOW {name}")
            found.append(cursor.fetchone()[0])
    plain.close()
    assert found == ["10s", "20s", "Asia/Shanghai"]


def test_a_role_without_limits_behind_a_pooler_is_refused(
    app: Engine, monkeypatch: pytest.MonkeyPatch, ground: Sandbox
) -> None:
    monkeypatch.setattr("ledger.engine._SESSION", "")
    url = plain_url(ground.engine)
    with pytest.raises(LedgerUnavailable, match=r"takes no settings from sessions, and the role postgres has none"):
        connect(url, pool_size=1)
    connect(plain_url(app), pool_size=1).dispose()
