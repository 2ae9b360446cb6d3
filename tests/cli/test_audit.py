"""``shareflow audit verify``: a line a check, and what the exit code says."""

import json
from pathlib import Path

import pytest

from audit.dossier.contents import EVENTS, manifest_of
from audit.dossier.packing import packed
from tests.audit.dossiers import dossier_of
from tests.cli.conftest import Run

CASE = "nantong-2020.refused-late-then-impasse"


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The file of a dossier that holds."""
    dossier, path = dossier_of(CASE), tmp_path / "case.zip"
    path.write_bytes(packed(dossier.manifest, dossier.files))
    return path


def test_a_whole_dossier(shareflow: Run, whole: Path) -> None:
    said = shareflow("audit", "verify", whole)
    assert said.code == 0, said
    assert [line.split()[0] for line in said.out.splitlines()] == ["ok"] * 9
    found = json.loads(shareflow("audit", "verify", whole, "--json").out)
    assert [set(each) for each in found] == [{"check", "result", "detail", "article"}] * 9


def test_a_forged_one_exits_with_1_and_says_where(shareflow: Run, tmp_path: Path) -> None:
    dossier, path = dossier_of(CASE), tmp_path / "forged.zip"
    files = {**dossier.files, EVENTS: dossier.files[EVENTS].replace("涉及未成年人".encode(), "涉及商业秘密".encode())}
    assert files != dossier.files
    said = dossier.manifest
    path.write_bytes(packed(manifest_of(said.request_id, said.algorithm, said.made_by, files), files))
    told = shareflow("audit", "verify", path)
    assert told.code == 1, told
    failed = [line.split()[1] for line in told.out.splitlines() if line.startswith("FAIL")]
    assert failed == ["chain", "ledger"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"{}"])
def test_what_is_no_dossier_is_unusable(shareflow: Run, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "none.zip"
    path.write_bytes(content)
    assert shareflow("audit", "verify", path).plainly_refused().startswith("This is not a zip")
    assert "cannot be read" in shareflow("audit", "verify", tmp_path / "absent.zip").plainly_refused()
    assert "cannot be read" in shareflow("audit", "verify", tmp_path).plainly_refused()


def test_packing_needs_an_engine(shareflow: Run, tmp_path: Path) -> None:
    told = shareflow("audit", "export", "NANTONG-X", "-o", tmp_path / "case.zip").plainly_refused()
    assert told.startswith("No engine is running here")
