"""``shareflow up`` as processes: a worker that is killed is back, and none is left when it ends, however it ends."""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from typer.testing import CliRunner

from cli.program import app
from embedded.stack.ports import free_port
from ledger.engine import connect
from ledger.reader import Reader

PROGRAM = Path(sys.executable).with_name("shareflow")
REQUEST = Path(__file__).parents[2] / "docs/examples/request.yaml"


_numbers = itertools.count(1)


class UpProcess:
    """``shareflow up`` in a folder and on ports of its own, and what it says."""

    def __init__(self, state: Path, **more: str) -> None:
        outside = ("SHAREFLOW_", "TEMPORAL_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(outside)}
        ports = {name: str(free_port()) for name in ("SHAREFLOW_API_PORT", "SHAREFLOW_HEALTH_PORT")}
        any_port = {"SHAREFLOW_TEMPORAL_PORT": "0", "SHAREFLOW_UI_PORT": "0", "PYTHONUNBUFFERED": "1"}
        self.environment = {**kept, **ports, **any_port, "SHAREFLOW_STATE": str(state), **more}
        self.state = state
        self.log = state.parent / f"{state.name}-{next(_numbers)}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "up"], env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def says(self, word: str) -> str:
        """What it has said when this word came."""
        assert self.process.stdout is not None
        told = ""
        while word not in told:
            line = self.process.stdout.readline()
            assert line, f"it ended: {told}{self.log.read_text('utf-8')}"
            told += line
        return told

    def workers(self) -> list[psutil.Process]:
        return [each for each in psutil.Process(self.process.pid).children() if "worker" in each.cmdline()]

    def run(self, *arguments: object) -> str:
        """A command line of somebody else's, within this process."""
        done = CliRunner().invoke(app, [*map(str, arguments)], prog_name="shareflow", env=self.environment)
        assert done.exit_code == 0, (done.stdout, done.stderr, done.exc_info)
        return done.stdout

    def acts(self) -> list[tuple[str, str]]:
        """What those who run the engine did to what, as its ledger has it."""
        engine = connect(json.loads((self.state / "stack.json").read_text("utf-8"))["ledger"])
        try:
            return [(act.kind, act.target) for act in Reader(engine).all_acts()[0]]
        finally:
            engine.dispose()

    def servers(self) -> list[psutil.Process]:
        """Temporal and PostgreSQL, which the state folder names."""
        notes = (self.state / "temporal.pid", self.state / "postgres/postmaster.pid")
        return [psutil.Process(int(note.read_text("ascii").split()[0])) for note in notes]


@contextmanager
def up(state: Path, **more: str) -> Iterator[UpProcess]:
    """Runs inside; afterwards nothing of it may be left."""
    state.mkdir(exist_ok=True)
    state.chmod(0o755)
    running = UpProcess(state, **more)
    family: list[psutil.Process] = []
    try:
        yield running
    finally:
        if running.process.poll() is None:
            family = psutil.Process(running.process.pid).children(recursive=True)
            running.process.send_signal(signal.SIGINT)
            running.process.wait(120)
        _, left = psutil.wait_procs(family, timeout=20)
        assert left == []


def eventually(true: Callable[[], object], seconds: float = 90.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.1)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one after another runs."""
    return tmp_path_factory.mktemp("up") / "state"


def test_killed_workers_are_back_and_the_case_goes_on_and_none_outlives_one_that_is_killed(state: Path) -> None:
    departments = state.parent / "departments.yaml"
    departments.write_text("changzhou:\n  - {code: A1, name: 甲局}\n", encoding="utf-8")
    with up(state, SHAREFLOW_WORKERS="2", SHAREFLOW_DEPARTMENTS=str(departments)) as running:
        told = running.says("Schedules of periodic duties: 3 created")
        assert "Try:" in told
        assert running.acts() == [("duties_sync", "duties")]
        healths = re.findall(r"http://127\.0\.0\.1:\d+/healthz", told)
        first = int(running.environment["SHAREFLOW_HEALTH_PORT"])
        assert healths == [f"http://127.0.0.1:{first + number}/healthz" for number in (0, 1)]
        assert [httpx.get(health, timeout=60).status_code for health in healths] == [200, 200]
        eventually(lambda: "made" in finding(running, "checkpoints"))
        case = re.search(r"NT\S*-\S+|[A-Z]+-\w{8,}", running.run("request", "file", REQUEST))
        assert case
        killed = running.workers()
        for each in killed:
            each.kill()
        # Nobody is there to carry it out: it is when they are back.
        assert "accepted" in running.run("request", "do", case[0], "accept", "--by", "bureau")
        eventually(lambda: len(running.workers()) == 2)
        assert not {each.pid for each in killed} & {each.pid for each in running.workers()}
        assert running.log.read_text("utf-8").count("ended by itself, is started again") >= 2
        its_own = psutil.Process(running.process.pid).children(recursive=True)
        held = [each for each in its_own if "--held" in each.cmdline()]
        servers = running.servers()
        running.process.kill()
        running.process.wait(20)
        # Nobody asked them to end; the servers of the state folder are ended by whoever starts there next.
        _, left = psutil.wait_procs(held, timeout=90)
        assert (len(held), left) == (3, [])
        assert all(server.is_running() for server in servers)
    ended_by(signal.SIGTERM, state, after=3.0)
    _, left = psutil.wait_procs(servers, timeout=20)
    assert left == []


def finding(running: UpProcess, name: str) -> str:
    """What the doctor says of one thing; nothing while it is not well."""
    checks = json.loads(running.run("doctor", "--json"))["checks"]
    return next((str(each["says"]) for each in checks if (each["name"], each["state"]) == (name, "ok")), "")


def test_an_early_signal_leaves_no_process(tmp_path: Path) -> None:
    ended_by(signal.SIGINT, tmp_path / "state", after=0.0)


def ended_by(number: signal.Signals, state: Path, after: float) -> None:
    """It starts, and is told to end so many seconds later: then nothing of it is left."""
    with up(state) as running:
        running.says("starting")
        time.sleep(after)
        family = psutil.Process(running.process.pid).children(recursive=True)
        running.process.send_signal(number)
        assert running.process.wait(120) == 0
        assert not (running.state / "stack.json").exists()
        _, left = psutil.wait_procs(family, timeout=20)
        assert left == []
        assert "Traceback" not in running.log.read_text("utf-8")


def test_a_port_that_is_taken_is_one_sentence_and_leaves_no_process(state: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with up(state, SHAREFLOW_HEALTH_PORT=port, SHAREFLOW_LOG="error") as running:
            assert running.process.wait(120) == 2
            [sentence] = running.log.read_text("utf-8").splitlines()
            assert sentence.startswith(f"Port {port} for health and metrics cannot be used")
            assert "SHAREFLOW_HEALTH_PORT" in sentence
