"""``python -m api.contract``: what it says of the committed document, and when it writes another."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api import app
from api.contract.__main__ import main
from tests.api_contract.documents import DOCUMENT, changed, drop, put

ROOT = Path(__file__).parents[2]
GONE = "/healthz: is gone"


@pytest.fixture
def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small document, written as the committed one."""
    path = tmp_path / "docs/openapi.json"
    says(monkeypatch, DOCUMENT)
    assert main(["--write"], path) == 0
    return path


def says(monkeypatch: pytest.MonkeyPatch, document: dict[str, Any]) -> None:
    """From now on the application says this of itself."""
    monkeypatch.setattr(app, "openapi_document", lambda: document)


def told(capsys: pytest.CaptureFixture[str], *arguments: str, path: Path) -> tuple[int, list[str]]:
    code = main(arguments, path)
    return code, capsys.readouterr().err.splitlines()


def test_a_current_document_passes_and_stays(committed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = committed.read_text(encoding="utf-8")
    assert json.loads(text) == DOCUMENT
    assert told(capsys, "--check", path=committed) == (0, [])
    assert told(capsys, "--write", path=committed) == (0, [])
    assert committed.read_text(encoding="utf-8") == text


def test_drift_is_told_and_written(
    committed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    says(monkeypatch, changed(put("info", "title", "共享")))
    expected = [f"{committed} is not what the application says: run `make openapi`."]
    assert told(capsys, "--check", path=committed) == (1, expected)
    assert told(capsys, "--write", path=committed) == (0, [])
    assert told(capsys, "--check", path=committed) == (0, [])
    assert "共享" in committed.read_text(encoding="utf-8")


def test_a_document_that_is_not_there_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "none.json"
    assert told(capsys, "--check", path=missing) == (1, [f"{missing} is not there: run `make openapi`."])


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "\N{HEAVY CHECK MARK}"])
def test_a_document_that_is_none_is_not_written_over(
    committed: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    committed.write_text(text, encoding="utf-8")
    for option in ("--check", "--write"):
        code, lines = told(capsys, option, path=committed)
        assert (code, len(lines)) == (1, 1)
        assert lines[0].endswith("restore the committed one.")
    assert committed.read_text(encoding="utf-8") == text


def test_a_breaking_change_is_written_only_with_a_reason_which_is_kept(
    committed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = committed.read_text(encoding="utf-8")
    after = changed(drop("paths", "/healthz"))
    says(monkeypatch, after)
    code, lines = told(capsys, "--check", path=committed)
    assert (code, lines[0], len(lines)) == (1, GONE, 2)
    for arguments in (["--write"], ["--write", "--breaking", ""]):
        code, lines = told(capsys, *arguments, path=committed)
        assert (code, lines[0]) == (1, GONE)
        assert committed.read_text(encoding="utf-8") == before
    assert told(capsys, "--write", "--breaking", "Nobody asked.", path=committed) == (0, [])
    kept = {"version": "1", "reason": "Nobody asked.", "changes": [GONE]}
    assert json.loads(committed.read_text(encoding="utf-8"))["info"]["x-breaking-changes"] == [kept]

    # It is current now, and stays told when more is written.
    assert told(capsys, "--check", path=committed) == (0, [])
    says(monkeypatch, changed(drop("paths", "/healthz"), drop("paths", "/v1/cases", "post")))
    assert told(capsys, "--write", "--breaking", "Moved.", path=committed) == (0, [])
    history = json.loads(committed.read_text(encoding="utf-8"))["info"]["x-breaking-changes"]
    assert [entry["reason"] for entry in history] == ["Nobody asked.", "Moved."]


@pytest.mark.parametrize("arguments", [[], ["--check", "--write"], ["--check", "--breaking", "x"]])
def test_options_that_make_no_sense(committed: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments, committed)
    assert refused.value.code == 2


def test_the_committed_document_is_what_the_application_says_without_an_engine() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api.contract", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
