"""The database: migrations, and what it refuses by itself."""

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from domain.evidence import GENESIS
from ledger import archive_tables, log_tables
from ledger.engine import connect
from ledger.errors import LedgerUnavailable
from ledger.queries import events_of
from ledger.recording import record_step
from ledger.schema import migrate
from ledger.schema_check import SCHEMA

CHANGES = [
    "UPDATE events SET article = '1'",
    "UPDATE events SET article = '1' WHERE false",
    "DELETE FROM events",
    "TRUNCATE events",
    "TRUNCATE cases CASCADE",
    "INSERT INTO events SELECT * FROM events ON CONFLICT (request_id, seq) DO UPDATE SET article = '1'",
    "DELETE FROM cases",
    "DELETE FROM clocks",
    "TRUNCATE clocks",
    "UPDATE filings SET application = '{}'",
    "DELETE FROM filings",
    "TRUNCATE filings",
    "UPDATE rule_texts SET body = '{}'",
    "DELETE FROM rule_texts",
    "TRUNCATE rule_texts",
    "UPDATE log_entries SET seq = 1",
    "DELETE FROM log_nodes",
    "TRUNCATE checkpoints CASCADE",
    "DELETE FROM archived_histories",
    "UPDATE assessment_seals SET figures = '[]' WHERE false",
    "DELETE FROM assessment_seals",
    "TRUNCATE assessment_seals",
    "UPDATE archived_histories SET sha256 = sm3",
    "SET LOCAL session_replication_role = replica; DELETE FROM events",
]
AS_FILED = [
    "UPDATE clocks SET due_at = due_at + interval '1 day'",
    "UPDATE clocks SET seq = 1",
    "UPDATE cases SET statute = 'x'",
    "UPDATE cases SET policy_digest = 'x'",
    "UPDATE cases SET superior = 'x'",
    "UPDATE cases SET seq = 0",
]


RELEASED = "0005"
"""The schema of the last release, 0.2.0."""


def test_a_release_brings_one_schema_so_that_processes_of_the_one_before_go_on() -> None:
    assert SCHEMA in (RELEASED, f"{int(RELEASED) + 1:04}")


def test_migrating_twice_changes_nothing_and_matches_the_tables(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), archive_tables.metadata) == []
    assert log_tables.metadata is archive_tables.metadata


def test_two_processes_migrate_at_once(empty_database: str) -> None:
    program = (
        f"from ledger.engine import connect; from ledger.schema import migrate; migrate(connect({empty_database!r}))"
    )
    running = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(2)]
    for process in running:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    engine = connect(empty_database)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1
    engine.dispose()


def test_a_newer_database_is_refused_in_one_sentence(empty_database: str) -> None:
    engine = connect(empty_database)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerUnavailable, match="another version"):
        migrate(engine)
    engine.dispose()


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_refuses_to_forget(engine: Engine, steps, resolve, statement: str) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    before = events_of(engine, steps.request_id)
    with pytest.raises(IntegrityError, match=r"Ledger rule: \w+ only grows"), engine.begin() as connection:
        connection.execute(text(statement))
    assert events_of(engine, steps.request_id) == before


@pytest.mark.parametrize("statement", AS_FILED)
def test_the_database_keeps_cases_as_filed_and_clocks_as_started(
    engine: Engine, steps, resolve, statement: str
) -> None:
    record_step(engine, steps.filing(), resolve, "sm3")
    with pytest.raises(IntegrityError, match="Ledger rule: what"), engine.begin() as connection:
        connection.execute(text(f"{statement} WHERE request_id = :id"), {"id": steps.request_id})


@pytest.mark.parametrize(
    ("seq", "prev", "rule"),
    [
        (4, "head", "event 4 of .* comes after one that is missing"),
        (0, GENESIS, "event 0 of .* comes after one that is missing"),
        (3, GENESIS, "digest of the event before"),
        (2, "head", "Ledger rule|events_pkey"),
    ],
)
def test_a_gap_and_a_wrong_link_are_refused(engine: Engine, steps, resolve, seq: int, prev: str, rule: str) -> None:
    head = record_step(engine, steps.filing(), resolve, "sm3").digest
    with pytest.raises(IntegrityError, match=rule), engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO events (request_id, seq, at, type, actor, stage, statute, data, prev, digest)"
                " SELECT request_id, :seq, at, type, actor, stage, statute, data, decode(:prev, 'hex'), 'x' FROM events"
                " WHERE request_id = :id AND seq = 1"
            ),
            {"seq": seq, "prev": head if prev == "head" else prev, "id": steps.request_id},
        )


def test_the_event_before_is_found_by_the_index_however_few_there_are(own: Engine, steps, resolve) -> None:
    head = record_step(own, steps.filing(), resolve, "sm3").digest
    three_more = text(
        "INSERT INTO events (request_id, seq, at, type, actor, stage, statute, data, prev, digest)"
        " SELECT request_id, :seq + n, at, type, actor, stage, statute, data,"
        "   CASE n WHEN 0 THEN decode(:head, 'hex') ELSE decode(lpad((:seq + n)::text, 64, '0'), 'hex') END,"
        "   decode(lpad((:seq + n + 1)::text, 64, '0'), 'hex')"
        " FROM events, generate_series(0, 2) AS n WHERE request_id = :id AND events.seq = 1"
    )
    with own.begin() as connection:
        before = connection.execute(text(_READ_IN_WHOLE)).scalar_one()
        for seq in range(3, 30, 3):
            connection.execute(three_more, {"id": steps.request_id, "seq": seq, "head": head})
            head = str(seq + 3).rjust(64, "0")
        assert connection.execute(text(_READ_IN_WHOLE)).scalar_one() == before


_READ_IN_WHOLE = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'events'"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "cannot be read"),
        ("mysql://h/d", "needs PostgreSQL, not mysql"),
        ("postgresql://u:secret@127.0.0.1:1/d", "cannot be reached"),
        ("postgresql://u:secret@/d?host=/nowhere", "cannot be reached"),
        ("postgresql://u:secret@h:port/d", "cannot be read"),
    ],
)
def test_a_wrong_address_is_one_sentence_without_the_password(url: str, says: str) -> None:
    with pytest.raises(LedgerUnavailable, match=says) as error:
        connect(url)
    assert "SHAREFLOW_DATABASE_URL" in str(error.value)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_the_session_has_its_limits(engine: Engine) -> None:
    with engine.connect() as connection:
        names = ("lock_timeout", "idle_in_transaction_session_timeout", "TimeZone")
        found = [connection.execute(text(f"SHOW {name}")).scalar_one() for name in names]
    assert found == ["10s", "20s", "Asia/Shanghai"]
