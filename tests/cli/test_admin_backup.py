"""``shareflow admin backup`` and ``restore``: what is restored is what was there, and nothing is written over."""

import asyncio
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from cli.checks.backups import backups_check
from configuration.log_key import signer_in
from domain.log.keys import read_secret_key, write_secret_key
from embedded.simulate.sandbox import Sandbox
from ledger.engine import connect
from ledger.log_book import LogBook
from ledger.queries import counts
from ledger.queries.backups import note_backup
from ledger.reader import Reader, reader_at
from ledger.recording import record_step
from ledger.schema import migrate
from starter.attachments import store_in
from starter.backups import KEY
from starter.engine_client import ShareflowClient
from tests.cli.conftest import Run
from tests.databases import with_texts
from tests.engine.cases import application
from tests.ledger.conftest import T0, own, resolve, steps

__all__ = ["own", "resolve", "steps"]
PAPER = b"%PDF-1.7 a paper"
TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")


def contents(url: str) -> dict[str, Sequence[Any]]:
    """Every row of a ledger by its table, but the one that says from where positions go on."""
    engine = connect(url, pool_size=1)
    with engine.connect() as connection:
        found = {
            name: connection.execute(text(f"SELECT to_jsonb(t)::text FROM {name} t ORDER BY 1")).scalars().all()
            for name in connection.execute(TABLES).scalars().all()
            if name != "outbox_base"
        }
    engine.dispose()
    return found


def of_an_installation(folder: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> Path:
    """Name a ledger and a state folder."""
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", url)
    monkeypatch.setenv("SHAREFLOW_STATE", str(folder))
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """The files of papers and histories below a state folder."""
    found = (path for part in ("attachments", "archive") for path in (folder / part).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


async def test_an_installation_is_backed_up_and_restored_once(
    ground: Sandbox,
    new_database: Callable[[], str],
    shareflow: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    async def told(*arguments: object) -> Any:
        done = await asyncio.to_thread(shareflow, "admin", *arguments, "--json")
        assert done.code == 0, done
        return json.loads(done.out)

    async def refused(*arguments: object, code: int = 1) -> str:
        return (await asyncio.to_thread(shareflow, "admin", *arguments)).plainly_refused(code)

    await ShareflowClient(ground.temporal, ground.engine).file("nantong-2020", application(), key="backed-up")
    here = ground.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    old = of_an_installation(tmp_path / "old", monkeypatch, here)
    store_in(None, old).put(hashlib.sha256(PAPER).hexdigest(), io.BytesIO(PAPER))
    (old / "archive").mkdir()
    (old / "archive" / "CASE.run.json.gz").write_bytes(b"a history")
    signer = signer_in(old / "checkpoint.key")
    backup = tmp_path / "backup"
    (made,) = [await told("backup", "--dated", tmp_path / "nightly")]
    assert (made["files"], made["noted"]) == (4, True)
    assert Path(made["backup"]).parent == tmp_path / "nightly"
    assert datetime.now(UTC) - datetime.strptime(Path(made["backup"]).name, "%Y-%m-%dT%H%M%S%z") < timedelta(minutes=2)
    shutil.move(made["backup"], backup)
    with reader_at(here) as reader:
        keys = {*reader.log.signing_keys(), signer.key.written()}
    assert set((backup / "keys/checkpoint.pub").read_text("utf-8").splitlines()) == keys
    assert not list(backup.rglob("checkpoint.key"))
    assert "is not empty" in await refused("backup", backup)
    assert "which has a name" in await refused("backup", "", code=2)
    (tmp_path / "no-folder").touch()
    assert "cannot be written" in await refused("backup", tmp_path / "no-folder" / "backup", code=2)
    before = contents(here)

    there = new_database()
    new = of_an_installation(tmp_path / "new", monkeypatch, there)
    altered = tmp_path / "altered"
    shutil.copytree(backup, altered)
    (altered / "ledger.dump").write_bytes(b"x" + (backup / "ledger.dump").read_bytes()[1:])
    assert "ledger.dump of the backup" in await refused("restore", altered)
    (new / "archive").mkdir(parents=True)
    (new / "archive" / "other.gz").write_bytes(b"of another")
    assert "other.gz" in await refused("restore", backup)
    (new / "archive" / "other.gz").unlink()
    assert contents(there) == {}

    assert (await told("restore", backup))["changed"]
    assert contents(there) == before
    assert files(new) == files(old)
    assert not (await told("restore", backup))["changed"]
    of_an_installation(tmp_path / "old", monkeypatch, here)
    assert "has tables already" in await refused("restore", backup)


def test_a_backup_has_the_key_that_signed_its_log_and_says_where_there_is_none(
    new_database: Callable[[], str], shareflow: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = new_database()
    engine = connect(url, pool_size=1)
    migrate(engine)
    of_an_installation(tmp_path / "state", monkeypatch, url)
    assert "nor is a public key of the log" in shareflow("admin", "backup", tmp_path / "none").out

    signer = read_secret_key(write_secret_key("shareflow/here", bytes(32)))
    LogBook(engine).checkpoint(signer, datetime.now(UTC))
    assert "public key" not in shareflow("admin", "backup", tmp_path / "signed").out
    assert (tmp_path / "signed" / KEY).read_text("utf-8") == f"{signer.key.written()}\n"

    monkeypatch.setenv("SHAREFLOW_LOG_KEY", str(tmp_path / "away.key"))
    assert "away.key is not there" in shareflow("admin", "backup", tmp_path / "unnamed").plainly_refused(2)
    assert not (tmp_path / "unnamed").exists()
    engine.dispose()


def test_what_the_ledger_knows_of_its_backups_is_what_the_doctor_and_the_figure_say(
    new_database: Callable[[], str], shareflow: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, steps, resolve
) -> None:
    url = new_database()
    engine = connect(url, pool_size=1)
    migrate(engine)
    with_texts(engine)
    of_an_installation(tmp_path / "state", monkeypatch, url)

    def looked() -> tuple[str, str, float | None]:
        found, since = backups_check(Reader(engine), runs_here=False), counts(engine).unbacked_since
        return found.state, found.says, since and (datetime.now(UTC) - since) / timedelta(hours=1)

    assert looked() == ("warning", "The ledger knows of no backup.", None)
    record_step(engine, steps.filing(), resolve, "sm3")
    state, _, never = looked()
    assert state == "warning"
    assert never == pytest.approx((datetime.now(UTC) - T0) / timedelta(hours=1), abs=0.1)
    with engine.begin() as connection:
        note_backup(connection, "a" * 64, datetime.now(UTC) - timedelta(hours=31))
    state, says, late = looked()
    assert (state, late) == ("warning", pytest.approx(31, abs=0.1))
    assert says.startswith("A backup is overdue: the newest was made 20")
    assert json.loads(shareflow("admin", "backup", tmp_path / "good", "--json").out)["noted"]
    state, _, now = looked()
    assert (state, now) == ("ok", pytest.approx(0, abs=0.1))

    with monkeypatch.context() as failing:
        failing.setenv("PATH", str(tmp_path))
        failing.setattr("cli.admin.keeping.programs_folder", lambda: tmp_path)
        assert "pg_dump is not on the path" in shareflow("admin", "backup", tmp_path / "bad").plainly_refused(1)
    assert not [path for path in tmp_path.iterdir() if "bad" in path.name], "nothing is left of one that failed"

    with engine.begin() as connection:  # as a standby is
        connection.execute(text(f"ALTER DATABASE {engine.url.database} SET default_transaction_read_only = on"))
    done = shareflow("admin", "backup", tmp_path / "of-a-standby")
    assert done.code == 0
    assert "could not note it: figures and `shareflow doctor` do not know of it (cannot execute INSERT" in done.err
    assert (tmp_path / "of-a-standby" / "manifest.json").exists()
    engine.dispose()


def test_a_backup_of_tomorrow_is_known_as_one_of_now(own: Engine) -> None:
    with own.begin() as connection:
        note_backup(connection, "b" * 64, datetime.now(UTC) + timedelta(days=1))
    newest = Reader(own).backed_up().newest
    assert newest is not None
    assert newest - datetime.now(UTC) < timedelta(seconds=5)
