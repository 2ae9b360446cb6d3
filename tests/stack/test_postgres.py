"""The embedded PostgreSQL."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from configuration.errors import StartupError
from embedded.stack.postgres import start_postgres
from ledger.engine import connect


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends(pid: int) -> bool:
    """Whether a server that was stopped is gone: it takes its note away first, and that is what is waited for."""
    latest = time.monotonic() + 20
    while alive(pid) and time.monotonic() < latest:
        time.sleep(0.01)
    return not alive(pid)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that does not exist yet. Not in pytest's: as root the server runs as another user."""
    with tempfile.TemporaryDirectory(prefix="shareflow-") as parent:
        yield Path(parent) / "deep" / "pg"


def test_it_starts_keeps_its_data_and_stops(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    first = start_postgres(folder)
    engine = connect(first.url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept ()"))
    engine.dispose()
    assert alive(first.pid)
    first.stop()
    first.stop()
    assert ends(first.pid)
    # Again, after a run that was killed: it left the server running and itself on the list of users.
    program = (
        "import os, signal; from pathlib import Path; from embedded.stack.postgres import start_postgres\n"
        f"start_postgres(Path({str(folder)!r})); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program], check=False)
    # Its note, as it is while a server is still coming up.
    note = folder / "postmaster.pid"
    whole = note.read_text("utf-8")
    note.write_text("".join(whole.splitlines(keepends=True)[:-1]), "utf-8")
    up = threading.Timer(0.6, note.write_text, (whole, "utf-8"))
    up.start()
    again = start_postgres(folder)
    up.join()
    engine = connect(again.url)
    with engine.connect() as connection:
        connection.execute(text("SELECT * FROM kept"))
    engine.dispose()
    again.stop()
    assert ends(again.pid)
    said = capfd.readouterr()
    assert said.out == ""
    # Workers of the same test run share this stream: what matters is that the server says nothing in it.
    assert not [line for line in said.err.splitlines() if "postgres" in line.lower() or "LOG:" in line]


def test_data_that_were_half_created_by_a_killed_process_are_created_anew(folder: Path) -> None:
    program = f"from pathlib import Path; from embedded.stack.postgres import *; start_postgres(Path({str(folder)!r}))"
    with subprocess.Popen([sys.executable, "-c", program]) as first:
        latest = time.monotonic() + 60
        while not (folder / "PG_VERSION").exists() and time.monotonic() < latest:
            time.sleep(0.001)
        first.kill()
    assert (folder.parent / "pg.being-created").exists()
    server = start_postgres(folder)
    try:
        engine = connect(server.url)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
        engine.dispose()
    finally:
        server.stop()
    assert [file.name for file in folder.parent.iterdir()] == ["pg"]


def test_data_that_another_process_is_creating_are_left_alone(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "base").write_text("half made")
    (folder.parent / "pg.being-created").write_text(str(os.getpid()))
    with pytest.raises(StartupError, match="other files"):
        start_postgres(folder)
    assert (folder / "base").read_text() == "half made"


@pytest.mark.parametrize("kind", ["file", "other files", "space", "proc"])
def test_an_unusable_folder_is_one_sentence(tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    folders = {
        "file": tmp_path / "file",
        "other files": tmp_path / "full",
        "space": tmp_path / "a b",
        "proc": Path("/proc/nowhere"),
    }
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("")
    with pytest.raises(StartupError, match="SHAREFLOW_STATE") as error:
        start_postgres(folders[kind])
    assert str(folders[kind]) in str(error.value)
    assert ("whose making was broken off" in str(error.value)) == (kind == "other files")
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")
