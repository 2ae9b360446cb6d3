"""The papers of a dossier: each that the case names is listed, and what is packed is what its digest says."""

import asyncio
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from typing import IO

import pytest

from audit.assembling import assembled
from audit.dossier import documents
from audit.dossier.contents import DOCUMENTS, INDEX, CaseDossier, DossierUnusable, listed, manifest_of
from audit.dossier.packing import unpacked
from audit.page.facts import PAGE
from audit.verification.verify import verify
from tests.audit.dossiers import dossier_of, packed, written

NAMES_A_PAPER = "nantong-2020.refused-late-then-impasse"
SUPPLEMENTED = "nantong-2020.unsealed-returned-and-supplemented"
FOLLOWED = "demand.published-then-requested"
PAPER = b"test"
DIGEST = hashlib.sha256(PAPER).hexdigest()
NAME = f"{DOCUMENTS}{DIGEST}"


def with_paper(case: str, content: bytes = PAPER) -> CaseDossier:
    """The dossier of a case as somebody packs it who has kept that paper."""

    def find(digest: str) -> IO[bytes] | None:
        return io.BytesIO(content) if digest == DIGEST else None

    bare = dossier_of(case)
    record = {name: content for name, content in bare.files.items() if name not in (INDEX, PAGE)}
    said = bare.manifest
    return asyncio.run(assembled(said.request_id, said.algorithm, said.made_by, record, find))


def found(dossier: CaseDossier) -> dict[str, str]:
    return {result.check: f"{result.result}: {result.detail}" for result in verify(dossier)}


def wrong(dossier: CaseDossier) -> dict[str, str]:
    return {result.check: result.detail for result in verify(dossier) if result.result == "FAIL"}


def resealed(dossier: CaseDossier, index: object | None = None, **papers: bytes) -> CaseDossier:
    """The dossier with another index or with these papers, and a manifest that lists them."""
    files = {**dossier.files, **({} if index is None else {INDEX: written(index)})}
    there = {f"{DOCUMENTS}{name}": listed(f"{DOCUMENTS}{name}", content) for name, content in papers.items()}
    there = {**dossier.papers, **there}
    said = dossier.manifest
    return CaseDossier(manifest_of(said.request_id, said.algorithm, said.made_by, files, there), files, there)


def index_in(dossier: CaseDossier) -> dict[str, list[dict[str, object]]]:
    read: dict[str, list[dict[str, object]]] = json.loads(dossier.files[INDEX])
    return read


def test_a_paper_that_is_kept_is_packed() -> None:
    dossier = with_paper(NAMES_A_PAPER)
    again = unpacked(io.BytesIO(packed(dossier, [PAPER])))
    assert again == dossier
    assert index_in(again)["papers"] == [
        {"event": 1, "held": True, "name": "申请表.pdf", "sealed": True, "sha256": DIGEST}
    ]
    assert found(again)["documents"] == "ok: 1 paper named, 1 of them here; 0 other cases named"
    assert wrong(again) == {}
    with zipfile.ZipFile(io.BytesIO(packed(dossier, [PAPER]))) as archive:
        assert archive.read(NAME) == PAPER


def test_each_paper_is_listed_with_the_event_that_names_it() -> None:
    papers = index_in(dossier_of(SUPPLEMENTED))["papers"]
    assert [(it["event"], it["name"], it["held"]) for it in papers] == [
        (1, "申请表.docx", False),
        (7, "申请表.pdf", False),
    ]
    assert [it["event"] for it in index_in(dossier_of(FOLLOWED))["papers"]] == [1, 10]


def test_the_cases_that_it_opened_are_named() -> None:
    [case] = index_in(dossier_of(FOLLOWED))["cases"]
    assert case == {"event": 10, "relation": "opened", "request_id": "NANTONG-ULWCAUNFZHQBQEQR"}


def test_a_paper_that_was_changed_is_not_what_its_digest_says() -> None:
    dossier = with_paper(NAMES_A_PAPER)
    other = replace(dossier, papers={NAME: listed(NAME, b"other")})
    assert wrong(other)["digests"] == f"{NAME} is not the file that was packed"
    assert wrong(resealed(dossier, **{DIGEST: b"other"}))["documents"] == f"{NAME} is not named by its digest"


def test_a_paper_that_no_event_names_is_found() -> None:
    stranger = hashlib.sha256(b"slipped in").hexdigest()
    forged = wrong(resealed(dossier_of(NAMES_A_PAPER), **{stranger: b"slipped in"}))
    assert forged["documents"] == f"no event names the paper {DOCUMENTS}{stranger}"
    dossier = with_paper(NAMES_A_PAPER)
    assert wrong(replace(dossier, papers={**dossier.papers, "documents/x": listed("documents/x", b"")})) == {
        "structure": "documents/x is not in the manifest"
    }


def test_a_paper_that_is_gone_is_missed() -> None:
    dossier = with_paper(NAMES_A_PAPER)
    assert wrong(replace(dossier, papers={})) == {"structure": f"{NAME} is missing"}
    files = dossier.files
    said = manifest_of(dossier.manifest.request_id, dossier.manifest.algorithm, dossier.manifest.made_by, files)
    assert "is not the one that event 1 names" in wrong(CaseDossier(said, files))["documents"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"papers": []}, "lists 0 papers, and the case names 2"),
        ({"cases": []}, "lists 0 cases, and the case names 1"),
        ({"papers": [{"event": 1, "held": True, "name": "x", "sealed": True, "sha256": None}]}, "paper 1 of"),
        ({"papers": 5}, "is not the index of a dossier"),
        ({"more": []}, "is not the index of a dossier"),
    ],
)
def test_another_index_is_found_out(change: dict[str, object], told: str) -> None:
    dossier = dossier_of(FOLLOWED)
    forged = wrong(resealed(dossier, {**index_in(dossier), **change}))
    assert forged.keys() == {"documents", "page"}
    assert told in forged["documents"]


def test_papers_take_no_more_room_than_the_zip() -> None:
    dossier = with_paper(NAMES_A_PAPER)
    content = packed(dossier, [PAPER])
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(buffer, "w") as deflated:
        for name in archive.namelist():
            deflated.writestr(name, archive.read(name), zipfile.ZIP_DEFLATED)
    with pytest.raises(DossierUnusable, match="packed in a way"):
        unpacked(buffer)
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(NAME.encode()))
    lying = content[: at + 24] + (1 << 30).to_bytes(4, "little") + content[at + 28 :]
    with pytest.raises(DossierUnusable, match="larger than the zip"):
        unpacked(io.BytesIO(lying))


def test_a_case_is_named_once_for_what_it_is() -> None:
    filed = {"granted_by": "A-1", "disputes_grant": "A-2", "origin": {"request_id": "A-2", "clock": 1}}
    assert [(it.relation, it.request_id) for it in documents.related_cases(filed, ())] == [
        ("came_from", "A-1"),
        ("about", "A-2"),
    ]
