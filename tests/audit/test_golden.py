"""Dossiers that were packed once and kept, one of each procedure, for each release: this version still checks them."""

import io
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from audit.dossier.contents import EVENTS
from audit.dossier.packing import read_dossier, unpacked
from audit.verification.verify import Trusted, verify
from domain.log.keys import read_public_key
from domain.words import ProcedureName
from tests.audit.logs import LOG_KEY
from tests.audit.make_golden import CHECKPOINT, GOLDEN, KEY

RELEASES = sorted(folder.name for folder in GOLDEN.iterdir())
OURS = version("shareflow")
KEPT = [GOLDEN / release / f"{name.value}.zip" for release in RELEASES for name in ProcedureName]
REMADE = "has what cases record, or the page, changed before the release? python -m tests.audit.make_golden"


def trusted(folder: Path) -> Trusted:
    """What an auditor has kept: the log's key, and a checkpoint of before."""
    key = read_public_key((folder / KEY).read_text("utf-8").strip())
    return Trusted([key], (folder / CHECKPOINT).read_text("utf-8"))


def test_this_release_has_its_own() -> None:
    assert OURS in RELEASES, "python -m tests.audit.make_golden"


@pytest.mark.parametrize("release", RELEASES)
def test_each_procedure_has_one_and_nobody_keeps_a_secret(release: str) -> None:
    names = {f"{name.value}.zip" for name in ProcedureName}
    assert {file.name for file in (GOLDEN / release).iterdir()} == {*names, KEY, CHECKPOINT}
    assert "PRIVATE" not in (GOLDEN / release / KEY).read_text("utf-8")


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_kept_dossier_holds(path: Path) -> None:
    results = verify(read_dossier(path), trusted(path.parent))
    assert {each.check: each.detail for each in results if each.result == "FAIL"} == {}, REMADE
    skipped = {each.check for each in results if each.result == "skipped"}
    of_others = {"page"} if path.parent.name != OURS else set()
    assert {"dates"} <= skipped <= {"dates", "timestamp", *of_others}  # they were played
    assert len(results) == 20


def test_a_kept_dossier_that_somebody_touched_does_not() -> None:
    path, other = KEPT[0], io.BytesIO()
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(other, "w") as touched:
        for entry in whole.infolist():
            content = whole.read(entry)
            touched.writestr(entry, content.replace(b"2", b"3", 1) if entry.filename == EVENTS else content)
    wrong = [each.check for each in verify(unpacked(other), trusted(path.parent)) if each.result == "FAIL"]
    assert wrong[0] == "digests"


def test_persons_are_named_in_all_but_one_of_ours() -> None:
    said = {path.stem: read_dossier(path).manifest.withheld for path in KEPT if path.parent.name == OURS}
    assert said.pop("access_grant") == ("persons",)
    assert set(said.values()) == {None}


def test_one_log_does_not_vouch_for_another() -> None:
    of_ours = next(path for path in KEPT if path.parent.name == OURS)
    results = verify(read_dossier(of_ours), Trusted([LOG_KEY.key]))
    assert [each.check for each in results if each.result == "FAIL"] == ["signature", "seal"]
