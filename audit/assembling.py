"""Putting a dossier together: to the files that hold the record come those that follow from it."""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from audit.dossier.contents import DOCUMENTS, INDEX, PERSONS, CaseDossier, PackedFile, manifest_of, measured
from audit.dossier.documents import index_of, papers_named
from audit.dossier.packing import FindPaper, PaperLost
from audit.page.facts import PAGE
from audit.verification.disposal import opened_in
from audit.verification.page import page_made
from audit.verification.record import events_in, record_in
from audit.verification.results import CheckFailed
from audit.withholding import without_persons
from domain.engine.records import Algorithm


async def assembled(
    request_id: str,
    algorithm: Algorithm,
    made_by: str,
    record: Mapping[str, bytes],
    find: FindPaper,
    with_persons: bool = True,
    disposed_by: Mapping[str, int] = MappingProxyType({}),
) -> CaseDossier:
    """The dossier of these files of the record, with the papers that can be found.

    ``disposed_by``: which acts on other cases disposed of papers, by their digests.

    One without persons has no papers: nobody knows whom they name. Raises CheckFailed for a record that cannot be read,
    CannotWithhold for one that may name somebody where nothing can be left out.
    """

    def dossier(files: Mapping[str, bytes], papers: Mapping[str, PackedFile]) -> CaseDossier:
        withheld = None if with_persons else PERSONS
        return CaseDossier(manifest_of(request_id, algorithm, made_by, files, papers, withheld), files, papers)

    bare = dossier(record, {})
    if not with_persons:
        record = await asyncio.to_thread(without_persons, bare)
        bare = dossier(record, {})
    opening = opened_in(bare)
    application, events = opening.application, events_in(bare)
    wanted = sorted({paper.sha256 for paper in papers_named(application, events) if paper.sha256 is not None})
    papers, lost = await asyncio.to_thread(_found, wanted, find) if with_persons else ({}, [])
    index = index_of(application, events, (paper.sha256 for paper in papers.values()), lost, disposed_by)
    files = {**record, INDEX: index.written()}
    whole = dossier(files, papers)
    try:
        page = await asyncio.to_thread(lambda: page_made(whole, record_in(whole), opening))  # long for a long case
        files = {**files, PAGE: page}
    except CheckFailed:
        return whole  # a record that is not as a case leaves one: it is packed all the same, for verification to name
    return dossier(files, papers)


def _found(digests: Sequence[str], find: FindPaper) -> tuple[dict[str, PackedFile], list[str]]:
    """The papers that can be had, by their names in a dossier, and the digests of those that are lost."""
    found, lost = dict[str, PackedFile](), list[str]()
    for digest in digests:
        try:
            name, paper = f"{DOCUMENTS}{digest}", find(digest)
        except PaperLost:
            lost.append(digest)
            continue
        if paper is not None:
            with paper:
                found[name] = measured(name, paper)
    return found, lost
