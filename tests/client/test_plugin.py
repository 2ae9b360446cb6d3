"""The pytest plugin as integrators have it: in a run of their own, without anything of ours around it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs/examples/client_example.py"


def run(folder: Path, *tests: str, ini: str = "") -> "subprocess.CompletedProcess[str]":
    """Run these test files in a folder of their own, without plugins that an integrator need not have."""
    (folder / "pytest.ini").write_text(f"[pytest]\n{ini}\n", encoding="utf-8")
    for number, test in enumerate(tests):
        (folder / f"test_{number}.py").write_text(test, encoding="utf-8")
    temporary = folder / "tmp"
    temporary.mkdir()
    needless = ("asyncio", "anyio", "hypothesispytest", "schemathesis", "cacheprovider")
    without = [word for name in needless for word in ("-p", f"no:{name}")]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *without, str(folder)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("document", ["docs/client.md", "docs/client.zh-CN.md"])
def test_the_documents_show_the_example_as_it_runs(document: str) -> None:
    shown = (ROOT / document).read_text(encoding="utf-8")
    assert f"```python\n{EXAMPLE.read_text(encoding='utf-8')}```" in shown


NOTHING_STARTED = """
import sys, threading
def test_that_needs_no_engine():
    assert not {"temporalio", "sqlalchemy", "httpx", "embedded.testing.engine"} & set(sys.modules)
    assert [thread.name for thread in threading.enumerate() if "shareflow" in thread.name] == []
"""


def test_a_run_that_does_not_use_the_engine_starts_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, NOTHING_STARTED)
    assert done.returncode == 0, done.stdout + done.stderr


REPRODUCIBLE = """
import asyncio
from datetime import date, datetime

def test_blocking(shareflow_engine, filed):
    assert shareflow_engine.now.date() == date(2026, 9, 18)
    assert filed.clock("completeness_check").due_date == date(2026, 9, 20)  # a make-up Sunday

def test_awaiting(shareflow_engine, filed):
    async def look():
        async with shareflow_engine.async_client("auditor") as auditor:
            return [event.at async for event in auditor.events(filed.request_id)]
    assert {at.date() for at in asyncio.run(look())} == {date(2026, 9, 18)}
"""
CONFTEST = """
import pytest
from test_1 import REQUEST, REQUESTER

@pytest.fixture(scope="session")
def filed(shareflow_engine):
    return shareflow_engine.client("requester", REQUESTER).file("nantong-2020", REQUEST)
"""


def test_the_example_runs_from_where_a_project_says_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    example = EXAMPLE.read_text(encoding="utf-8")
    done = run(tmp_path, REPRODUCIBLE, example, ini="shareflow_now = 2026-09-18T10:00:00+08:00")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    # The embedded PostgreSQL keeps one empty lock file for the whole machine.
    assert {path.name for path in (tmp_path / "tmp").iterdir()} <= {".lockfile"}
    assert [process for process in _processes() if str(tmp_path) in process] == []


def test_a_beginning_that_is_none_is_told_in_a_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, "def test(shareflow_engine): pass", ini="shareflow_now = 2026-09-18T10:00:00")
    assert done.returncode == 1
    told = "shareflow_now must be an instant such as 2026-09-18T10:00:00+08:00, not '2026-09-18T10:00:00'."
    assert told in done.stdout


def _processes() -> list[str]:
    return [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
