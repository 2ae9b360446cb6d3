"""The command line, called within this process (fast) or as the installed program (real)."""

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from cli.program import app
from embedded.simulate.sandbox import Sandbox
from tests.logs import logging_as_it_was

__all__ = ["logging_as_it_was"]

_numbers = itertools.count(1)
PROGRAM = Path(sys.executable).parent / "shareflow"


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    def plainly_refused(self, code: int = 2) -> str:
        """The one sentence on standard error of a command that failed as it should."""
        lines = self.err.splitlines()
        assert self.code == code, self
        assert len(lines) == 1, self.err
        assert lines[0].endswith("."), self.err
        assert "Traceback" not in self.err + self.out
        return lines[0]


Run = Callable[..., Said]
"""What runs a command line, such as :func:`shareflow`."""


@pytest.fixture(autouse=True)
def nothing_of_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No engine, policy or folder of whoever runs the tests."""
    for name in (
        "SHAREFLOW_DATABASE_URL",
        "TEMPORAL_ADDRESS",
        "SHAREFLOW_POLICY",
        "SHAREFLOW_DEPARTMENTS",
        "SHAREFLOW_LOG",
        "SHAREFLOW_SOURCES",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SHAREFLOW_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "no-temporal.toml"))


@pytest.fixture
def new_database(ground: Sandbox) -> Iterator[Callable[[], str]]:
    """Makes databases without tables beside the session's ledger, by their addresses; they go with the test."""
    made: list[str] = []

    def carry_out(statement: str) -> None:
        with ground.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))

    def new() -> str:
        made.append(f"made_{next(_numbers)}")
        carry_out(f"CREATE DATABASE {made[-1]}")
        url = ground.engine.url.set(drivername="postgresql", database=made[-1])
        return url.render_as_string(hide_password=False)

    yield new
    for name in made:
        carry_out(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def shareflow() -> Callable[..., Said]:
    """Run a command line within this process."""

    def run(*arguments: object) -> Said:
        result = CliRunner().invoke(app, [str(x) for x in arguments], prog_name="shareflow")
        return Said(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def program() -> Callable[..., Said]:
    """Run the installed program."""

    def run(*arguments: object) -> Said:
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
        return Said(done.returncode, done.stdout, done.stderr)

    return run
