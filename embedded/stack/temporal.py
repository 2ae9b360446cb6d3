"""An embedded Temporal: the development server of the official command line, as a child process."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from configuration.errors import StartupError
from configuration.settings import Settings
from embedded.stack.ports import free_port
from protocol.connecting import connect_to
from starter.temporal_checks import NotTold, missing_search_attributes

HOST = "127.0.0.1"
NAMESPACE = "default"
PORT_VARIABLE, UI_PORT_VARIABLE = Settings.temporal_port.variable, Settings.ui_port.variable
_START_SECONDS, _STOP_SECONDS = 30.0, 10.0
_TRIES = 3


@dataclass(frozen=True)
class Ports:
    """TCP ports on 127.0.0.1: ``frontend`` for clients and workers, ``ui`` for the web pages (None: no pages).

    0 stands for any free port.
    """

    frontend: int = 7233
    ui: int | None = 8233


REPORT_EARLY = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2"
"""A workflow whose code fails is listed after its second failure, not its fifth, which comes a minute later."""

KEEP_CONNECTIONS = 'frontend.keepAliveMaxConnectionAge="87600h"'
"""A server of several nodes hangs up after five minutes, so that its callers spread anew; a call just then may fail."""


SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL")
"""SQLite's settings for the file of workflows: a write-ahead log, flushed to the disk at each commit.

With SQLite's default, a rollback journal that is deleted at each commit, a commit waits for four flushes instead of one
(docs/decisions/0016). The log is a second file, ``<database>-wal``: whoever copies the database copies both.
"""


@dataclass(frozen=True)
class TemporalOptions:
    """How to start the server.

    ``database`` is the SQLite file that keeps workflows (None: they end with the server) and ``log``
    the file for its messages. ``search_attributes`` maps names to types (Keyword, Datetime, …).
    ``dynamic_config`` are KEY=JSON pairs.
    """

    ports: Ports = Ports()
    database: Path | None = None
    log: Path | None = None
    search_attributes: Mapping[str, str] = field(default_factory=dict)
    dynamic_config: Sequence[str] = ()


def ports_from(settings: Settings) -> Ports:
    """The ports that SHAREFLOW_TEMPORAL_PORT and SHAREFLOW_UI_PORT name. Raises StartupError for no port."""
    return Ports(settings.temporal_port, settings.ui_port)


class _EndedAtOnce(StartupError):
    """The server ended while it started."""


class Temporal:
    """A running server: ``address`` as host:port, ``ui`` the URL of its pages or None, ``pid`` its process."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, ui: str | None, note: Path | None) -> None:
        self._process = process
        self._note = note
        self.address = address
        self.ui = ui
        self.namespace = NAMESPACE
        self.pid = process.pid

    @property
    def ended(self) -> bool:
        """Whether the server is gone, stopped or not."""
        return self._process.poll() is not None

    async def stop(self) -> None:
        """Ask the server to end and, after ten seconds, end it; a second call does nothing.

        One that keeps nothing has nothing to put away, and is ended at once: it would take a second over it.
        """
        await asyncio.to_thread(_end, self._process, patience=0.0 if self._note is None else _STOP_SECONDS)
        if self._note is not None:
            self._note.unlink(missing_ok=True)


async def start_temporal(options: TemporalOptions) -> Temporal:
    """Start the server and wait until it answers and knows its search attributes; about a second.

    Raises StartupError: no ``temporal`` program, a port in use, a server that ends or keeps silent for
    half a minute (its last message is quoted).
    """
    note = options.database.with_suffix(".pid") if options.database is not None else None
    if note is not None:
        await asyncio.to_thread(_end_left_over, note, options.database)
    for left in reversed(range(_TRIES)):
        try:
            return await _started(options, note)
        except _EndedAtOnce:
            # Besides those two the server chooses ports by itself, and somebody else may take one before it listens.
            if not left:
                raise
    raise AssertionError("It was tried.")


async def _started(options: TemporalOptions, note: Path | None) -> Temporal:
    frontend = _port(options.ports.frontend, PORT_VARIABLE)
    ui = None if options.ports.ui is None else _port(options.ports.ui, UI_PORT_VARIABLE)
    process = await asyncio.to_thread(_spawn, _command(options, frontend, ui), options.log)
    temporal = Temporal(process, f"{HOST}:{frontend}", f"http://{HOST}:{ui}" if ui else None, note)
    try:
        if note is not None:
            await asyncio.to_thread(note.write_text, str(process.pid), "ascii")
        await _answers(temporal, options)
    except BaseException:
        await temporal.stop()
        raise
    return temporal


def program() -> str:
    """The ``temporal`` program: beside this Python, else on the PATH. Raises StartupError for none."""
    found = shutil.which("temporal", path=str(Path(sys.executable).parent)) or shutil.which("temporal")
    if found is None:
        raise StartupError("The program temporal is not installed beside Python or on the PATH; run make setup.")
    return found


def _command(options: TemporalOptions, frontend: int, ui: int | None) -> list[str]:
    command = [program(), "server", "start-dev", "--ip", HOST, "--port", str(frontend), "--log-level", "error"]
    # A personal configuration of the command line must not reach the server; nor may the server
    # fetch news from the Internet.
    command += ["--disable-config-file", "--disable-config-env"]
    command += ["--headless"] if ui is None else ["--ui-port", str(ui), "--ui-disable-news-fetch"]
    if options.database is not None:
        command += ["--db-filename", str(options.database)]
        for pragma in SQLITE_PRAGMAS:
            command += ["--sqlite-pragma", pragma]
    for name, kind in options.search_attributes.items():
        command += ["--search-attribute", f"{name}={kind}"]
    for pair in (REPORT_EARLY, KEEP_CONNECTIONS, *options.dynamic_config):
        command += ["--dynamic-config-value", pair]
    return command


def _spawn(command: Sequence[str], log: Path | None) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches us alone, and we end the worker before the server.
    if log is None:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    with log.open("wb") as output:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)


def _port(port: int, variable: str) -> int:
    """``port`` if it is free, any free one for 0. Raises StartupError naming port and variable."""
    if port == 0:
        return free_port(HOST)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            cause = "is in use by another program" if port >= 1024 else f"cannot be used ({error.strerror})"
            raise StartupError(f"Port {port} {cause}; set {variable} to a free port.") from error
        return port


async def _answers(temporal: Temporal, options: TemporalOptions) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if temporal.ended:
            raise _EndedAtOnce(f"Temporal ended while it started{_last_words(options.log)}.")
        # Until it is up the server refuses connections (RuntimeError) or calls.
        with suppress(RuntimeError, NotTold, TimeoutError):
            client = await connect_to(temporal.address)
            if not await missing_search_attributes(client, options.search_attributes):
                return
        await asyncio.sleep(0.05)
    raise StartupError(f"Temporal did not answer on {temporal.address} within 30 seconds{_last_words(options.log)}.")


def _last_words(log: Path | None) -> str:
    try:
        lines = log.read_text("utf-8", errors="replace").strip().splitlines() if log else []
    except OSError:
        lines = []
    return f": {lines[-1].strip().rstrip('.')}" if lines else ""


def _end(process: subprocess.Popen[bytes], patience: float) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_left_over(note: Path, database: Path | None) -> None:
    """End the server that a killed stack left behind on this database: two would spoil it.

    Only a process whose number was noted and whose command line names this very database is ours.
    """
    try:
        pid = int(note.read_text("ascii"))
    except (OSError, ValueError):
        return
    if f"--db-filename {database}" in _command_line(pid):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + _STOP_SECONDS
            while time.monotonic() < deadline:
                os.kill(pid, 0)
                time.sleep(0.05)
            os.kill(pid, signal.SIGKILL)
    note.unlink(missing_ok=True)


def _command_line(pid: int) -> str:
    """The command line of a process, empty where it cannot be had."""
    try:
        return subprocess.run(
            ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return ""
