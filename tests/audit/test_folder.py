"""Many dossiers in a folder: each whole or not at all, what is still right left alone, a list of them at the end."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from audit.dossier.contents import ACTS, EVENTS, INDEX, CaseDossier
from audit.dossier.documents import read_index
from audit.dossier.folder_list import LIST, LeftOut, file_of, read_list
from audit.dossier.packing import read_dossier
from audit.dossier.seal import LIST_SEAL
from audit.verification.acts import acts_in
from audit.verification.folder import check_list, check_name, list_in, sealers
from audit.verification.verify import verify
from domain.evidence import plain
from domain.log.acts import OperatorAct
from domain.log.keys import Ed25519Signer, PublicKey, Signer, Witness
from domain.rule_texts import KNOWN
from ledger.queries.views import CaseSummary
from starter.dossier_folder import DossierFolder, FolderTaken
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
    to: Path,
    packing: Packing,
    signer: Signer | None = None,
    kept: list[int] | None = None,
    with_persons: bool = True,
    asked: str = "2001-01-01",
) -> DossierFolder:
    async def fill() -> DossierFolder:
        with DossierFolder(
            to, {"from": asked}, packing, lambda _: None, packing.acts, signer, kept or [], with_persons
        ) as folder:
            for dossier in packing.dossiers.values():
                await folder.add(as_listed(dossier))
            folder.finish()
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
        folder = DossierFolder(tmp_path, {"from": "2001-01-01"}, packing, lambda _: None, packing.acts)
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
    assert filled(tmp_path, sealed, LOG_KEY).made == 1
    assert filled(tmp_path, sealed, LOG_KEY).made == 0
    assert filled(tmp_path, sealed, LOG_KEY, [5]).made == 1
    shown = Packing(logged(bare, log, places, [5]))
    assert filled(tmp_path, shown, LOG_KEY, [5]).made == 1
    assert filled(tmp_path, shown, LOG_KEY, [5]).made == 0


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


def rows(to: Path, keys: Sequence[PublicKey] = ()) -> dict[str, str]:
    """What does not hold in a folder: of its list, and of the names of its files."""
    found = list_in(to)
    assert found is not None
    files = sorted(to.glob("*.zip"))
    told, by = check_list(to, found, {file.name for file in files}, keys), sealers(to, found, keys)
    told += [wrong for file in files if (wrong := check_name(file, read_dossier(file), found, by))]
    return {each.check: each.detail for each in told if each.result == "FAIL"}


def test_a_dossier_that_was_taken_out_is_missed(tmp_path: Path, packing: Packing) -> None:
    filled(tmp_path, packing)
    assert rows(tmp_path) == {}
    taken = sorted(tmp_path.glob("*.zip"))[0]
    taken.unlink()
    assert rows(tmp_path) == {"list": f"{taken.name} of {taken.stem} is missing"}


def test_no_dossier_takes_the_place_of_another(tmp_path: Path, packing: Packing) -> None:
    filled(tmp_path, packing)
    one, other, _ = sorted(tmp_path.glob("*.zip"))
    there = one.read_bytes()
    one.write_bytes(other.read_bytes())
    assert rows(tmp_path) == {"file": f"{LIST} says that it is of {one.stem}"}
    misnamed = check_name(one, read_dossier(one), None)
    assert misnamed is not None
    assert misnamed.detail == "it has the name of another case"
    one.write_bytes(there)
    assert check_name(one, read_dossier(one), None) is None
    (tmp_path / "copy.zip").write_bytes(there)
    assert rows(tmp_path) == {"file": f"{LIST} does not list it"}
    assert check_name(tmp_path / "copy.zip", read_dossier(one), None) is None


def test_a_list_from_which_a_case_was_taken_is_not_the_one_that_was_sealed(tmp_path: Path, packing: Packing) -> None:
    log = MemoryLog()
    sealed = Packing(*(logged(each, log, entered(each, log)) for each in packing.dossiers.values()))
    filled(tmp_path, sealed, LOG_KEY)
    assert rows(tmp_path, [LOG_KEY.key]) == {}
    found = read_list((tmp_path / LIST).read_bytes())
    (tmp_path / found.dossiers[0].file).unlink()
    shorter = found.model_copy(update={"dossiers": found.dossiers[1:]})
    (tmp_path / LIST).write_bytes(shorter.written())
    told = f"{LIST_SEAL} is the seal of another list: something in this one was changed since"
    assert rows(tmp_path, [LOG_KEY.key]) == rows(tmp_path) == {"seal": told}
    (tmp_path / LIST_SEAL).unlink()
    assert rows(tmp_path, [LOG_KEY.key]).keys() == {"seal"}


def test_the_seal_of_another_log_is_none_of_this_one(tmp_path: Path, packing: Packing) -> None:
    log, other = MemoryLog(), Ed25519Signer("shareflow/other", b"\x05" * 32)
    filled(tmp_path, Packing(*(logged(each, log, entered(each, log)) for each in packing.dossiers.values())), other)
    told = f"it is of the log shareflow/test, and {LIST} is sealed by shareflow/other"
    assert rows(tmp_path, [LOG_KEY.key, other.key]) == {"file": told}
    witness = Witness("audit.example", b"\x04" * 32, lambda: 1_800_000_000)
    found = list_in(tmp_path)
    assert found is not None
    seal = check_list(tmp_path, found, {entry.file for entry in found.dossiers}, [witness.key])[-1]
    assert (seal.check, seal.result) == ("seal", "skipped")


def test_a_list_tells_what_was_asked_and_which_cases_it_leaves_out(tmp_path: Path, packing: Packing) -> None:
    first = next(iter(packing.dossiers))
    packing.failing[first] = NeedsOperator("Its history is lost.")
    filled(tmp_path, packing)
    found = list_in(tmp_path)
    assert found is not None
    told = check_list(tmp_path, found, {entry.file for entry in found.dossiers}, ())[0]
    said = f"asked for: from 2001-01-01; dossiers listed: 2; cases without one: 1; {first}: Its history is lost."
    assert (told.result, told.detail) == ("ok", said)


def relisted(to: Path, asked: dict[str, str | None] | None = None, **first: object) -> dict[str, str]:
    """What does not hold once the list is written anew: with something else that was asked, or about its first file."""
    found = read_list((to / LIST).read_bytes())
    one, *others = found.dossiers
    entries = (one.model_copy(update=first), *others)
    (to / LIST).write_bytes(found.model_copy(update={"asked": asked or {}, "dossiers": entries}).written())
    return rows(to)


@pytest.mark.parametrize(
    ("asked", "check", "said"),
    [
        ({"department": "113206000140000028"}, "", ""),
        ({"from": "2026-09-18", "to": "2026-09-18", "statute": "nantong-2020"}, "", ""),
        ({"department": "113206000140000099"}, "file", "113206000140000099 is no party to its case"),
        ({"from": "2099-01-01"}, "file", "its case was not open at any time of the period"),
        ({"to": "1999-12-31"}, "file", "its case was not open at any time of the period"),
        ({"to": "soon"}, "list", "is of a period with 'soon', which is no day"),
        ({"statute": "yima-2021"}, "file", "it was filed under nantong-2020, and dossiers.json is of yima-2021"),
        ({"withheld": "persons"}, "file", "it names persons, and dossiers.json says that they are withheld"),
        ({"with_related": "NANTONG-AAAAAAAAAAAAAAAA"}, "list", "was asked for, and dossiers.json does not name it"),
    ],
)
def test_what_was_asked_for_is_what_the_dossiers_are(
    tmp_path: Path, asked: dict[str, str | None], check: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path, Packing(dossier_of(CASES[0])))
    for kept in ("_texts", "_read"):  # an auditor's machine knows no text yet
        monkeypatch.setattr(KNOWN, kept, {})
    monkeypatch.setattr("audit.verification.record._read_once", lambda read, name, content: read(name, content))
    wrong = relisted(tmp_path, asked)
    assert list(wrong) == ([check] if check else [])
    assert said in wrong.get(check, "")


def test_a_list_counts_the_events_that_are_there_and_a_case_once(tmp_path: Path) -> None:
    filled(tmp_path, Packing(dossier_of(CASES[0])))
    assert relisted(tmp_path) == {}
    assert ", and dossiers.json says 999 up to " in relisted(tmp_path, events=999)["file"]
    there = read_dossier(next(tmp_path.glob("*.zip"))).files[EVENTS].count(b"\n")
    assert relisted(tmp_path, events=there, head="0" * 64)["file"].endswith(f" says {there} up to '{'0' * 64}'")


def test_a_case_that_another_names_is_not_passed_over(tmp_path: Path) -> None:
    whole, other = dossier_of(CASES[2]), dossier_of(CASES[0])
    filled(tmp_path, Packing(whole))
    asked: dict[str, str | None] = {"with_related": whole.manifest.request_id}
    [named] = {each.request_id for each in read_index(whole.files[INDEX]).cases}
    assert relisted(tmp_path, asked) == {"list": f"{whole.manifest.request_id} names {named}, and {LIST} does not"}
    found = read_list((tmp_path / LIST).read_bytes())
    left = LeftOut(request_id=named, reason="Its history is lost.")
    (tmp_path / LIST).write_bytes(found.model_copy(update={"left_out": (left,)}).written())
    assert rows(tmp_path) == {}
    stranger = LeftOut(request_id=other.manifest.request_id, reason="none")
    (tmp_path / LIST).write_bytes(found.model_copy(update={"left_out": (left, stranger)}).written())
    assert rows(tmp_path)["list"].endswith(f"which {whole.manifest.request_id} does not name")
    copied = found.model_copy(
        update={"dossiers": (*found.dossiers, found.dossiers[0].model_copy(update={"file": "a.zip"}))}
    )
    (tmp_path / "a.zip").write_bytes((tmp_path / found.dossiers[0].file).read_bytes())
    (tmp_path / LIST).write_bytes(copied.written())
    assert rows(tmp_path)["list"] == f"{LIST} lists {whole.manifest.request_id} more than once"


def test_an_export_of_something_else_loses_no_list(tmp_path: Path, packing: Packing) -> None:
    filled(tmp_path, packing)
    before = (tmp_path / LIST).read_bytes()
    with pytest.raises(FolderTaken, match="of another export \\(--from 2001-01-01\\)"):
        filled(tmp_path, packing, asked="2025-01-01")
    assert (tmp_path / LIST).read_bytes() == before


def test_two_do_not_fill_a_folder_at_once(tmp_path: Path, packing: Packing) -> None:
    first = DossierFolder(tmp_path, {"from": "2001-01-01"}, packing, lambda _: None, packing.acts)
    with first, pytest.raises(FolderTaken, match=r"Another export is filling .* now"):
        filled(tmp_path, packing)
    assert filled(tmp_path, packing).made == 3


def test_what_lies_in_a_folder_and_is_of_no_export_is_told(tmp_path: Path, packing: Packing) -> None:
    assert filled(tmp_path, packing).strangers() == []
    (tmp_path / "another.zip").write_bytes(b"PK")
    assert filled(tmp_path, packing).strangers() == ["another.zip"]
