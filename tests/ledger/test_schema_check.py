"""Processes look at the schema and leave it alone: they work on their own and on the next, and refuse all others."""

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from ledger.engine import connect
from ledger.errors import LedgerUnavailable
from ledger.schema import _config, migrate
from ledger.schema_check import SCHEMA, require_schema, schema_of

OWN = int(SCHEMA)


def at(engine: Engine, schema: int) -> None:
    """As if the database had been migrated so far."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :schema"), {"schema": f"{schema:04}"})


def test_the_schema_that_is_needed_is_that_of_the_last_migration(engine: Engine) -> None:
    with engine.connect() as connection:
        assert ScriptDirectory.from_config(_config(connection)).get_current_head() == SCHEMA
    assert schema_of(engine) == SCHEMA


@pytest.mark.parametrize("schema", [OWN, OWN + 1])
def test_its_own_schema_and_the_next_are_worked_on(own: Engine, schema: int) -> None:
    at(own, schema)
    require_schema(own)


@pytest.mark.parametrize(
    ("schema", "says"),
    [(OWN - 1, "run `shareflow admin migrate`"), (OWN + 2, "start a newer version")],
)
def test_an_older_and_a_much_newer_schema_are_refused_in_one_sentence(own: Engine, schema: int, says: str) -> None:
    at(own, schema)
    with pytest.raises(LedgerUnavailable, match=says) as refused:
        require_schema(own)
    assert f"has the schema {schema:04}" in str(refused.value)


def test_a_database_without_tables_is_refused_and_stays_without(empty_database: str) -> None:
    engine = connect(empty_database, pool_size=1)
    with pytest.raises(LedgerUnavailable, match=r"no tables yet.*admin migrate"):
        require_schema(engine)
    assert schema_of(engine) is None
    engine.dispose()


def test_a_database_that_went_away_is_told_in_one_sentence() -> None:
    """It may go between the first question to it and this one."""
    engine = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/gone")
    with pytest.raises(LedgerUnavailable, match=r"does not answer any more \(.+\); check that PostgreSQL runs\.$"):
        require_schema(engine)
    engine.dispose()


def test_a_role_that_may_not_change_tables_is_told_which_setting_names_one(empty_database: str) -> None:
    owner = connect(empty_database, pool_size=1)
    with owner.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS only_reads"))
        connection.execute(text("CREATE ROLE only_reads LOGIN"))
    engine = connect(empty_database.replace("postgres@", "only_reads@"), pool_size=1)
    with pytest.raises(LedgerUnavailable, match="SHAREFLOW_MIGRATION_URL"):
        migrate(engine)
    engine.dispose()
    owner.dispose()
