"""Export of many dossiers to a folder (批量导出): one file for each case, and a list when all are complete.

One dossier is in memory at a time. An interrupted export is started again, and leaves up-to-date files alone.
"""

import asyncio
import fcntl
import hashlib
import os
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final, Self

from audit.dossier.contents import INDEX, PERSONS, PIECE, CaseDossier, DossierUnusable
from audit.dossier.documents import read_index
from audit.dossier.folder_list import FORMAT, LIST, DossierList, FolderEntry, LeftOut, file_of, read_list
from audit.dossier.packing import FindPaper, read_dossier, write_dossier
from audit.dossier.proof import read_proof
from audit.dossier.seal import LIST_SEAL, seal_of
from audit.verification.acts import acts_in
from audit.verification.files import check_digests, check_structure
from audit.verification.record import events_in
from audit.verification.results import CheckFailed
from audit.verification.seal import check_seal
from domain.evidence import plain
from domain.log.acts import OperatorAct
from domain.log.checkpoints import checkpoint_in
from domain.log.keys import Signer
from domain.log.notes import NoteWrong, read_note
from ledger.queries.views import CaseFilter, CaseSummary
from ledger.reader import Reader
from starter.errors import NeedsOperator, NotFound
from starter.histories import NotArchived
from starter.whole_files import beside_of, whole_file

LARGEST_PAGE: Final = 500

Pack = Callable[[str], Awaitable[CaseDossier]]
"""Makes the dossier of a case."""
FindActs = Callable[[str], Sequence[OperatorAct]]
"""The acts of operators about a case, in order, as they are recorded by now. Blocks."""


class FolderTaken(Exception):
    """Another export is using the folder, or has left its list there; one sentence says so."""


class DossierFolder:
    """A folder being filled. It has its list again only when :meth:`finish` has been called.

    ``asked`` says which cases somebody asks for, in the words of the options: a folder is of one such question. Raises
    FolderTaken for one that is of another, OSError.

    An existing dossier is kept if it is intact, was packed by this release, has the current case with the acts about it
    (``acts``) and all uploaded papers, has the seal of ``signer``, if any, proves consistency with the checkpoints
    ``kept`` by somebody (given by size), and names persons or not as ``with_persons`` says.
    """

    def __init__(
        self,
        folder: Path,
        asked: dict[str, str | None],
        pack: Pack,
        find: FindPaper,
        acts: FindActs,
        signer: Signer | None = None,
        kept: Sequence[int] = (),
        with_persons: bool = True,
    ) -> None:
        self._folder, self._asked, self._pack, self._find, self._acts = folder, asked, pack, find, acts
        self._signer, self._kept = signer, kept
        self._withheld = None if with_persons else PERSONS
        self._entries: dict[str, FolderEntry] = {}
        self._left: dict[str, LeftOut] = {}
        self.made = 0
        self.lost: dict[str, Sequence[str]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._let_go = _alone_in(self, folder)
        _check_free(folder, asked)
        for name in (LIST, LIST_SEAL):
            (folder / name).unlink(missing_ok=True)
        for half in folder.glob(beside_of(Path("*.zip")).name):  # left by a killed process
            half.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        """Lock the folder against other exports."""
        return self

    def __exit__(self, *_: object) -> None:
        """Unlock the folder."""
        self._let_go()

    async def add(self, case: CaseSummary) -> CaseDossier | None:
        """Add the dossier of a case, unless it is up to date; None if none can be made. Raises Unavailable, OSError."""
        file = self._folder / file_of(case.request_id)
        dossier = await asyncio.to_thread(self._still_right, file, case)
        if dossier is None:
            try:
                dossier = await self._pack(case.request_id)
            except (NotFound, NeedsOperator, NotArchived) as error:
                file.unlink(missing_ok=True)  # the existing one is of another state of the case
                self.leave_out(case.request_id, str(error))
                return None
            await asyncio.to_thread(self._write, file, dossier)
            self.made += 1
        self._entries[case.request_id] = await asyncio.to_thread(_entry, file, dossier)
        lost = papers_lost(dossier)
        if lost:
            self.lost[case.request_id] = lost
        return dossier

    def leave_out(self, request_id: str, reason: str) -> None:
        """Note a case that has no dossier here."""
        self._left[request_id] = LeftOut(request_id=request_id, reason=reason)

    def strangers(self) -> list[str]:
        """The names of other zip files in the folder, such as those of an interrupted export."""
        ours = {entry.file for entry in self._entries.values()}
        zips = (file.name for file in self._folder.iterdir() if file.name.lower().endswith(".zip"))
        return sorted(name for name in zips if name not in ours)

    def finish(self) -> DossierList:
        """Write the list of all dossiers, sealed if there is a key; the folder is then complete."""
        made = DossierList(
            format=FORMAT,
            asked=self._asked,
            dossiers=tuple(self._entries[name] for name in sorted(self._entries)),
            left_out=tuple(self._left[name] for name in sorted(self._left)),
        )
        if self._signer is not None:
            with whole_file(self._folder / LIST_SEAL) as file:
                file.write(seal_of(made, self._signer))
        with whole_file(self._folder / LIST) as file:
            file.write(made.written())
        return made

    def _still_right(self, file: Path, case: CaseSummary) -> CaseDossier | None:
        """The existing dossier, if it is up to date."""
        if not file.is_file():
            return None
        try:
            dossier = read_dossier(file)
            check_structure(dossier)
            check_digests(dossier)
            if self._signer is not None:
                check_seal(dossier, [self._signer.key])
            last, said, acts = events_in(dossier)[-1], dossier.manifest, acts_in(dossier)
            shown = _shown_in(dossier) if self._kept else ()
            lost = papers_lost(dossier)
        except (DossierUnusable, CheckFailed, NoteWrong, ValueError):
            return None
        if lost or not set(self._kept) <= set(shown):  # lost papers may have been restored
            return None
        is_ = (said.request_id, said.made_by, said.withheld, last.seq, last.digest)
        wanted = (case.request_id, version("shareflow"), self._withheld, case.seq, case.head_digest)
        if is_ != wanted or plain(acts) != plain(tuple(self._acts(case.request_id))):
            return None
        return dossier

    def _write(self, file: Path, dossier: CaseDossier) -> None:
        with whole_file(file) as to:
            write_dossier(to, dossier, self._find)


def papers_lost(dossier: CaseDossier) -> Sequence[str]:
    """The digests of papers that were brought, and could not be had when a dossier was packed. Raises ValueError."""
    papers = read_index(dossier.files[INDEX]).papers
    return sorted({paper.sha256 for paper in papers if paper.lost and paper.sha256})


def _alone_in(whose: DossierFolder, folder: Path) -> Callable[[], object]:
    """Lock a folder; returns the unlocking function. The lock ends with the process. Raises FolderTaken, OSError."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        raise FolderTaken(f"Another export is filling {folder} now: wait for it, or name another folder.") from None
    return weakref.finalize(whose, os.close, opened)


def _check_free(folder: Path, asked: dict[str, str | None]) -> None:
    """Raises FolderTaken where the folder has the list of another export; what is no list is of nobody."""
    try:
        there = read_list((folder / LIST).read_bytes()).asked
    except (FileNotFoundError, DossierUnusable):
        return
    if there != asked:
        whose = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in sorted(there.items()) if value)
        raise FolderTaken(f"{folder} has the dossiers of another export ({whose}): name another folder.")


def _shown_in(dossier: CaseDossier) -> list[int]:
    """The sizes of the checkpoints in a dossier's proof: earlier ones, and its own."""
    proof = read_proof(dossier)
    if proof is None:
        return []
    return [*(each.size for each in proof.grown_from), checkpoint_in(read_note(proof.checkpoint)).size]


def _entry(file: Path, dossier: CaseDossier) -> FolderEntry:
    last, digest, size = events_in(dossier)[-1], hashlib.sha256(), 0
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            digest.update(piece)
            size += len(piece)
    return FolderEntry(
        request_id=dossier.manifest.request_id,
        file=file.name,
        bytes=size,
        sha256=digest.hexdigest(),
        events=last.seq,
        head=last.digest,
    )


async def cases_of(reader: Reader, wanted: CaseFilter) -> AsyncIterator[CaseSummary]:
    """Every case that matches ``wanted``, latest filing first, a page in memory at a time."""
    cursor: str | None = None
    while True:
        page = await asyncio.to_thread(reader.cases, wanted, cursor, LARGEST_PAGE)
        for case in page.cases:
            yield case
        cursor = page.next
        if cursor is None:
            return
