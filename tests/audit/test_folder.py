"""Many dossiers in a folder: each whole or not at all, what is still right left alone, a list of them at the end."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from audit.dossier.contents import ACTS, EVENTS, CaseDossier
from audit.dossier.folder_list import LIST, file_of
from audit.dossier.packing import read_dossier
from audit.verification.acts import acts_in
from audit.verification.verify import verify
from domain.evidence import plain
from domain.log.acts import OperatorAct
from domain.log.keys import PublicKey
from ledger.queries.views import CaseSummary
from starter.dossier_folder import DossierFolder
from starter.errors import NeedsOperator, Unavailable
from tests.audit.dossiers import dossier_of, named_dossier_of, resealed, withheld_dossier_of
from tests.audit.logs import LOG_KEY, MemoryLog, entered, logged
from tests.audit.test_acts import acts, lines

CASES = ("nantong-2020.refused-late-then-impasse", "yima-2021.adjudicated-deny", "demand.published-then-requested")


def as_listed(dossier: CaseDossier) -> CaseSummary:
    """As the ledger lists the case of a dossier, as far as a folder asks."""
    last = json.loads(dossier.files[EVENTS].splitlines()[-1])
    name = dossier.manifest.request_id
    return CaseSummary.model_construct(request_id=name, seq=last["seq"], head_digest=last["digest"])


class Packing:
    """Packs golden dossiers, and knows which."""

    def __init__(self, *dossiers: CaseDossier) -> None:
        self.dossiers = {each.manifest.request_id: each for each in dossiers}
        self.packed: list[str] = []
        self.failing: dict[str, Exception] = {}

    async def __call__(self, request_id: str) -> CaseDossier:
        if request_id in self.failing:
            raise self.failing[request_id]
        self.packed.append(request_id)
        return self.dossiers[request_id]

    def acts(self, request_id: str) -> Sequence[OperatorAct]:
        return acts_in(self.dossiers[request_id])


def filled(
    to: Path, packing: Packing, key: PublicKey | None = None, kept: list[int] | None = None, with_persons: bool = True
) -> DossierFolder:
    async def fill() -> DossierFolder:
        folder = DossierFolder(to, packing, lambda _: None, packing.acts, key, kept or [], with_persons)
        for dossier in packing.dossiers.values():
            await folder.add(as_listed(dossier))
        folder.finish({"from": "2026-01-01"})
        return folder

    return asyncio.run(fill())


def test_a_dossier_with_persons_is_not_right_for_whoever_asks_for_one_without(tmp_path: Path) -> None:
    whole, withheld = Packing(named_dossier_of(CASES[0])), Packing(withheld_dossier_of(CASES[0]))
    assert filled(tmp_path, whole).made == 1
    for packing, with_persons in ((withheld, False), (whole, True), (withheld, False)):
        assert filled(tmp_path, packing, with_persons=with_persons).made == 1
        assert filled(tmp_path, packing, with_persons=with_persons).made == 0
        [file] = tmp_path.glob("*.zip")
        assert (read_dossier(file).manifest.withheld is None) is with_persons


@pytest.fixture
def packing() -> Packing:
    return Packing(*(dossier_of(case) for case in CASES))


def listed(to: Path) -> dict[str, object]:
    read: dict[str, object] = json.loads((to / LIST).read_text())
    return read


def test_a_file_a_case_and_a_list_of_them(tmp_path: Path, packing: Packing) -> None:
    to = tmp_path / "not" / "there"
    assert filled(to, packing).made == 3
    assert {path.name for path in to.iterdir()} == {LIST, *(file_of(name) for name in packing.dossiers)}
    entries = listed(to)["dossiers"]
    assert isinstance(entries, list)
    for entry in entries:
        content = (to / entry["file"]).read_bytes()
        assert (entry["bytes"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        dossier = read_dossier(to / entry["file"])
        assert dossier == packing.dossiers[entry["request_id"]]
        last = json.loads(dossier.files[EVENTS].splitlines()[-1])
        assert (entry["events"], entry["head"]) == (last["seq"], last["digest"])
    assert not [each for each in verify(dossier) if each.result == "FAIL"]


def test_what_is_still_right_is_left_alone(tmp_path: Path, packing: Packing) -> None:
    filled(tmp_path, packing)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.zip")}
    packing.packed.clear()
    assert filled(tmp_path, packing).made == 0
    assert packing.packed == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.zip")} == before


def test_what_is_not_right_any_more_is_made_again(tmp_path: Path, packing: Packing) -> None:
    filled(tmp_path, packing)
    half, forged, other = sorted(tmp_path.glob("*.zip"))
    half.write_bytes(half.read_bytes()[:500])
    content = bytearray(forged.read_bytes())
    content[len(content) // 2] ^= 1
    forged.write_bytes(content)
    other.unlink()
    packing.packed.clear()
    assert filled(tmp_path, packing).made == 3
    assert filled(tmp_path, packing).made == 0


def test_a_case_that_went_on_is_packed_again(tmp_path: Path, packing: Packing) -> None:
    filled(tmp_path, packing)
    name, dossier = next(iter(packing.dossiers.items()))
    went_on = as_listed(dossier).model_copy(update={"seq": 99, "head_digest": "0" * 64})

    async def again() -> int:
        folder = DossierFolder(tmp_path, packing, lambda _: None, packing.acts)
        await folder.add(went_on)
        return folder.made

    packing.packed.clear()
    assert asyncio.run(again()) == 1
    assert packing.packed == [name]


def test_a_case_that_somebody_acted_on_since_is_packed_again(tmp_path: Path, packing: Packing) -> None:
    filled(tmp_path, packing)
    name, dossier = next(iter(packing.dossiers.items()))
    for number in (1, 2):  # the first that there is at all, and another after it
        said = [plain(act) for act in acts(name)[:number]]
        packing.dossiers[name] = resealed(dossier, {**dossier.files, ACTS: lines(said)})
        assert filled(tmp_path, packing).made == 1
        assert read_dossier(tmp_path / file_of(name)) == packing.dossiers[name]
        assert filled(tmp_path, packing).made == 0


def test_what_has_no_seal_or_no_way_from_the_checkpoint_is_made_again(tmp_path: Path) -> None:
    bare, log = dossier_of(CASES[0]), MemoryLog()
    places = entered(bare, log)
    filled(tmp_path, Packing(bare))
    sealed = Packing(logged(bare, log, places))
    assert filled(tmp_path, sealed, LOG_KEY.key).made == 1
    assert filled(tmp_path, sealed, LOG_KEY.key).made == 0
    assert filled(tmp_path, sealed, LOG_KEY.key, [5]).made == 1
    shown = Packing(logged(bare, log, places, [5]))
    assert filled(tmp_path, shown, LOG_KEY.key, [5]).made == 1
    assert filled(tmp_path, shown, LOG_KEY.key, [5]).made == 0


def test_one_that_is_cut_off_leaves_no_half_file_and_no_list(tmp_path: Path, packing: Packing) -> None:
    filled(tmp_path, packing)
    *_, last = packing.dossiers
    (tmp_path / file_of(last)).unlink()
    packing.failing[last] = Unavailable("Temporal is away.")
    with pytest.raises(Unavailable):
        filled(tmp_path, packing)
    assert not (tmp_path / LIST).exists()
    assert len(list(tmp_path.iterdir())) == 2
    (tmp_path / f".{file_of(last)}.part").write_bytes(b"PK half of it")  # of one who was killed
    packing.failing.clear()
    packing.packed.clear()
    filled(tmp_path, packing)
    assert packing.packed == [last]
    assert {path.suffix for path in tmp_path.iterdir()} == {".zip", ".json"}


def test_a_case_without_a_history_is_told_and_holds_up_nothing(tmp_path: Path, packing: Packing) -> None:
    first = next(iter(packing.dossiers))
    packing.failing[first] = NeedsOperator("Its history is lost.")
    filled(tmp_path, packing)
    assert listed(tmp_path)["left_out"] == [{"reason": "Its history is lost.", "request_id": first}]
    assert not (tmp_path / file_of(first)).exists()
    assert len(list(tmp_path.glob("*.zip"))) == 2


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", ".hidden", "", "X" * 500, "C:x", "名", "a\nb"])
def test_no_id_leads_out_of_the_folder(name: str) -> None:
    assert file_of(name) == f"{hashlib.sha256(name.encode()).hexdigest()}.zip"
