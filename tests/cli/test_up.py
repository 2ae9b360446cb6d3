"""``shareflow up`` as processes: a worker that is killed is back, and none is left when it ends, however it ends."""

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

from tests.cli.test_api import free_port

PROGRAM = Path(sys.executable).with_name("shareflow")
REQUEST = Path(__file__).parents[2] / "docs/examples/request.yaml"


class UpProcess:
    """``shareflow up`` in a folder and on ports of its own, and what it says."""

    def __init__(self, state: Path, **more: str) -> None:
        outside = ("SHAREFLOW_", "TEMPORAL_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(outside)}
        ports = {name: free_port() for name in ("SHAREFLOW_API_PORT", "SHAREFLOW_HEALTH_PORT")}
        any_port = {"SHAREFLOW_TEMPORAL_PORT": "0", "SHAREFLOW_UI_PORT": "0", "PYTHONUNBUFFERED": "1"}
        self.environment = {**kept, **ports, **any_port, "SHAREFLOW_STATE": str(state), **more}
        self.state = state
        self.log = state.parent / f"{state.name}.log"
        with self.log.open("ab") as log:
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
        done = subprocess.run(
            [PROGRAM, *map(str, arguments)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def up(state: Path, **more: str) -> Iterator[UpProcess]:
    """Runs inside; afterwards nothing of it may be left."""
    state.mkdir()
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


def test_killed_workers_are_back_and_the_case_goes_on_and_none_outlives_one_that_is_killed(tmp_path: Path) -> None:
    with up(tmp_path / "state", SHAREFLOW_WORKERS="2") as running:
        told = running.says("Try:")
        healths = re.findall(r"http://127\.0\.0\.1:\d+/healthz", told)
        first = int(running.environment["SHAREFLOW_HEALTH_PORT"])
        assert healths == [f"http://127.0.0.1:{first + number}/healthz" for number in (0, 1)]
        assert [httpx.get(health).status_code for health in healths] == [200, 200]
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
        running.process.kill()
        running.process.wait(20)
        # Nobody asked them to end; the servers of the state folder are ended by whoever starts there next.
        _, left = psutil.wait_procs(held, timeout=90)
        assert (len(held), left) == (3, [])
        for each in its_own:
            if each.is_running():
                each.kill()


@pytest.mark.parametrize(("seconds", "number"), [(0.0, signal.SIGINT), (3.0, signal.SIGTERM)])
def test_an_early_signal_leaves_no_process(tmp_path: Path, seconds: float, number: signal.Signals) -> None:
    with up(tmp_path / "state") as running:
        running.says("starting")
        time.sleep(seconds)
        family = psutil.Process(running.process.pid).children(recursive=True)
        running.process.send_signal(number)
        assert running.process.wait(120) == 0
        assert not (running.state / "stack.json").exists()
        _, left = psutil.wait_procs(family, timeout=20)
        assert left == []
        assert "Traceback" not in running.log.read_text("utf-8")


def test_a_port_that_is_taken_is_one_sentence_and_leaves_no_process(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        state = tmp_path / "state"
        with up(state, SHAREFLOW_HEALTH_PORT=port, SHAREFLOW_LOG="error") as running:
            assert running.process.wait(120) == 2
            [sentence] = running.log.read_text("utf-8").splitlines()
            assert sentence.startswith(f"Port {port} for health and metrics cannot be used")
            assert "SHAREFLOW_HEALTH_PORT" in sentence
