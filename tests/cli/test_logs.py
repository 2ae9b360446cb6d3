"""Logs go to standard error, as JSON unless somebody reads them in a terminal."""

import json
import logging

import pytest

from configuration.errors import StartupError
from configuration.logs import configure_logs, level_from
from configuration.settings import Settings


def test_ours_and_the_libraries_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", Settings({}))
    configure_logs("info", Settings({}))
    logging.getLogger("shareflow.test").info("已启动", extra={"port": 1})
    logging.getLogger("shareflow.test").debug("not said")
    logging.getLogger("temporalio.worker").info("not said")
    logging.getLogger("temporalio.worker").warning("slow %s", "worker")
    said = capsys.readouterr()
    ours, theirs = (json.loads(line) for line in said.err.splitlines())
    assert said.out == ""
    assert (ours["event"], ours["port"], ours["level"], ours["logger"]) == ("已启动", 1, "info", "shareflow.test")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("slow worker", "warning", "temporalio.worker")


def test_an_exception_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(settings=Settings({}))
    try:
        raise ValueError("x")
    except ValueError:
        logging.getLogger("shareflow.test").exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: x" in json.loads(line)["exception"]


def test_the_level_comes_from_the_environment() -> None:
    assert level_from(Settings({"SHAREFLOW_LOG": "DEBUG"})) == logging.DEBUG
    assert level_from(Settings({"SHAREFLOW_LOG": ""}), "error") == logging.ERROR
    with pytest.raises(StartupError, match=r"SHAREFLOW_LOG must be one of .*“loud”"):
        level_from(Settings({"SHAREFLOW_LOG": "loud"}))


def test_a_defect_in_a_terminal_shows_no_values(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    configure_logs("info", Settings({}))
    try:
        token = "eyJ-not-to-be-shown"
        raise LookupError(len(token))
    except LookupError:
        logging.getLogger("shareflow.test").exception("defect")
    said = capsys.readouterr().err
    assert "LookupError: 19" in said
    assert "test_logs.py" in said
    assert "not-to-be-shown" not in said
