"""What ``shareflow audit export`` does: one case into a file, or several into a folder."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import typer

from audit.dossier.contents import INDEX, PERSONS, CaseDossier
from audit.dossier.documents import read_index
from audit.dossier.folder_list import DossierList
from audit.dossier.packing import FindPaper, write_dossier
from audit.dossier.seal import seal_of
from audit.page.facts import PAGE
from background.archive.papers import PaperThere
from cli.audit_chosen import NOTHING_CHOSEN, chosen, whole_or_failure
from cli.audit_work import kept_in
from cli.connection import ledger_connected, temporal_if_it_answers
from cli.errors import REFUSED, Failure, say
from cli.output import numbered, print_json
from configuration.archive import archive_of
from configuration.log_key import signer_there, usual_file
from configuration.object_store import object_place_of
from configuration.settings import Settings
from domain.log.keys import Signer
from domain.log.notes import NoteWrong
from ledger.log_book import LOST
from ledger.reader import Reader
from protocol.connecting import TemporalClient
from starter.attachments import AttachmentStore, store_at, store_in
from starter.dossier_folder import DossierFolder, FolderTaken, cases_of, papers_lost
from starter.dossiers import dossier_of, no_papers, papers_in, papers_of_others
from starter.errors import NotFound
from starter.failures import ledger_answers
from starter.printing import CannotPrint, Printer, printer


@dataclass(frozen=True)
class ExportOptions:
    """How dossiers are to be made: a checkpoint that was kept, the log's secret key, whether persons are named."""

    kept: Path | None
    secret: Path | None
    with_persons: bool
    as_json: bool


@dataclass(frozen=True)
class Packer:
    """Makes dossiers from a ledger, sealed where the log's key is at hand.

    ``temporal``: None where it does not answer; then a case is packed whose history is archived.
    """

    reader: Reader
    temporal: TemporalClient | None
    settings: Settings
    find: FindPaper
    signer: Signer | None
    kept: Sequence[int]
    with_persons: bool

    async def __call__(self, request_id: str) -> CaseDossier:
        """The dossier of a case. Raises what :func:`starter.dossiers.dossier_of` does."""
        reader, archive = self.reader, archive_of(self.settings)
        dossier = await dossier_of(reader, self.temporal, request_id, self.kept, self.find, archive, self.with_persons)
        for digest in await asyncio.to_thread(papers_of_others, reader, dossier) if self.with_persons else ():
            say(f"{request_id}: the paper {digest} is another department's, and named here: its bytes are left out.")
        return dossier if self.signer is None else replace(dossier, seal=seal_of(dossier.manifest, self.signer))

    @property
    def sealer(self) -> str | None:
        """The name of the key that seals."""
        return self.signer.key.name if self.signer else None

    def folder(self, to: Path, asked: dict[str, str | None]) -> DossierFolder:
        """A folder to be filled with what was asked for. Raises FolderTaken, OSError."""
        said = asked if self.with_persons else {**asked, "withheld": " ".join(PERSONS)}
        acts = self.reader.acts
        return DossierFolder(to, said, self, self.find, acts, self.signer, self.kept, self.with_persons)


@asynccontextmanager
async def packer(how: ExportOptions) -> AsyncIterator[Packer]:
    """What makes dossiers while inside. Raises Failure, StartupError, LedgerUnavailable."""
    written, settings = kept_in(how.kept) if how.kept else None, Settings()
    signer = _sealer(how.secret, settings)
    async with ledger_connected(settings) as ledger:
        reader, temporal = ledger.reader, await temporal_if_it_answers(settings)
        sizes = [await asyncio.to_thread(_size_of, reader, written, how.kept)] if written else []
        if temporal is None:
            say("Temporal does not answer: only cases are packed whose histories are archived or disposed of.")
        if not await asyncio.to_thread(reader.log.is_whole):
            say(LOST)
        elif signer is not None and await asyncio.to_thread(ledger.writer.may_write):
            await asyncio.to_thread(_cover, reader, signer)
        elif signer is not None:
            say("The newest checkpoint is packed: this user of the database may make none of what came after it.")
        yield Packer(reader, temporal, settings, papers_kept(settings), signer, sizes, how.with_persons)


def _size_of(reader: Reader, kept: str, file: Path | None) -> int:
    """How many entries a checkpoint of this log covers. Raises Failure for one of another, from which no way leads."""
    try:
        return reader.log.own(kept).size
    except NoteWrong as error:
        raise Failure(f"No dossier can go on from {file}: {error}.") from None


def _cover(reader: Reader, signer: Signer) -> None:
    """Have a checkpoint cover all that was recorded by now: a case that none covers yet would have no proof.

    Raises AnotherLog for the key of another log, whose seal would hold for nobody.
    """
    reader.log.checkpoint(signer, datetime.now(UTC))


async def export(request_id: str, to: Path, pdf: Path | None, how: ExportOptions) -> None:
    """Pack a dossier into a file, whole or not at all, and print its page into ``pdf``, if any. Raises Failure."""
    printing = _printer() if pdf is not None else None
    async with packer(how) as pack:
        dossier = await pack(request_id)
        with whole_or_failure(to) as file:
            write_dossier(file, dossier, pack.find)
            size = file.tell()
    if pdf is not None and printing is not None:
        await _print(printing, dossier, pdf)
    named = {
        "papers": len(dossier.papers),
        "papers_lost": list(papers_lost(dossier)),
        "sealed_by": pack.sealer,
        "pdf": None if pdf is None else str(pdf),
        "withheld": list(dossier.manifest.withheld or ()),
    }
    if how.as_json:
        print_json({"request_id": request_id, "file": str(to), "bytes": size, **named})
    else:
        typer.echo(f"{request_id}: {len(dossier.manifest.files)} files, {size} bytes in {to}")
        if pdf is not None:
            typer.echo(f"Its page is in {pdf}.")
        _tell_seal(pack)
    _refuse_lost({request_id: papers_lost(dossier)})


def _printer() -> Printer:
    try:
        return printer()
    except CannotPrint as error:
        raise Failure(str(error)) from None


async def _print(printing: Printer, dossier: CaseDossier, pdf: Path) -> None:
    """Print the page of a dossier. Raises Failure, also where the record is such that it has no page."""
    page = dossier.files.get(PAGE)
    if page is None:
        raise Failure("No PDF: no page can be made of this case's record; `shareflow audit verify` says what is wrong.")
    try:
        content = await asyncio.to_thread(printing.pdf, page)
    except CannotPrint as error:
        raise Failure(str(error)) from None
    with whole_or_failure(pdf) as file:
        file.write(content)


async def export_related(request_id: str, to: Path, how: ExportOptions) -> None:
    """Pack a case, and each case that it names, into a folder. Raises NotFound, Failure."""
    async with packer(how) as pack:
        with _folder_or_failure(to), ledger_answers():
            reader = pack.reader
            case = reader.case(request_id)
            if case is None:
                raise NotFound(f"There is no case {request_id}.")
            with pack.folder(to, {"with_related": request_id}) as folder:
                dossier = await folder.add(case)
                names = [each.request_id for each in read_index(dossier.files[INDEX]).cases] if dossier else []
                for name in dict.fromkeys(names):
                    other = reader.case(name)
                    if other is None:
                        folder.leave_out(name, "The ledger has no such case.")
                    else:
                        await folder.add(other)
                made = folder.finish()
    _tell(made, folder, pack, to, how.as_json)


async def export_period(asked: dict[str, str | None], to: Path, how: ExportOptions) -> None:
    """Pack every case of a period into a folder; ``asked`` are the options. Raises InvalidInput, Failure."""
    wanted = chosen(asked["department"], asked["from"], asked["to"], asked["statute"])
    async with packer(how) as pack:
        with _folder_or_failure(to), ledger_answers(), pack.folder(to, asked) as folder:
            async for case in cases_of(pack.reader, wanted):
                await folder.add(case)
            made = folder.finish()
    _tell(made, folder, pack, to, how.as_json)


@contextmanager
def _folder_or_failure(to: Path) -> Iterator[None]:
    try:
        yield
    except FolderTaken as error:
        raise Failure(str(error)) from None
    except OSError as error:
        raise Failure(f"{to} cannot be filled: {error.strerror}.") from None


def _tell(made: DossierList, folder: DossierFolder, pack: Packer, to: Path, as_json: bool) -> None:
    if as_json:
        lost = {"papers_lost": folder.lost} if folder.lost else {}
        print_json({**made.model_dump(mode="json"), "made": folder.made, "sealed_by": pack.sealer, **lost})
    else:
        there = len(made.dossiers) - folder.made
        typer.echo(f"{numbered(folder.made, 'dossier')} packed into {to}, {there} there already and still right.")
        others = folder.strangers()
        if others:
            typer.echo(f"Not of this export, and in no list: {numbered(len(others), 'zip')}, the first {others[0]}.")
        for left in made.left_out:
            typer.echo(f"Left out: {left.request_id}: {left.reason}")
        _tell_seal(pack)
    if not made.dossiers and not made.left_out:
        say(NOTHING_CHOSEN)
    _refuse_lost(folder.lost)
    if made.left_out:
        raise typer.Exit(REFUSED)


def _refuse_lost(lost: Mapping[str, Sequence[str]]) -> None:
    """Say which papers were brought and are not to be had: the dossiers say so as well. Raises typer.Exit."""
    for request_id, digests in lost.items():
        for digest in digests:
            say(f"{request_id}: the paper {digest} was brought and cannot be had: restore it from a backup.")
    if any(lost.values()):
        raise typer.Exit(REFUSED)


def _tell_seal(pack: Packer) -> None:
    sealer = pack.sealer
    if not pack.with_persons:
        typer.echo("Persons are withheld, papers left out; whoever operated on a case stays named in acts.jsonl.")
    typer.echo(f"Sealed by {sealer}." if sealer else "Not sealed: the secret key of the log is not at hand.")


def _sealer(secret: Path | None, settings: Settings) -> Signer | None:
    """The log's key where it is at hand. Raises StartupError for a key that was named and cannot be used."""
    file = secret or usual_file(settings)
    return signer_there(file) if secret or settings.log_key or file.exists() else None


def papers_kept(settings: Settings) -> FindPaper:
    """What finds the papers that are kept on this machine; none where nobody has made a store of them."""
    store = store_of_papers(settings)
    return papers_in(store) if store else no_papers


def store_of_papers(settings: Settings) -> AttachmentStore | None:
    """The store of papers that the settings name; None where nobody has made one on this machine."""
    place = object_place_of(settings)
    if place is not None:
        return store_at(place, None, settings.state, settings.attachment_limit)
    folder = settings.attachments or settings.state / "attachments"
    return store_in(folder, settings.state, settings.attachment_limit) if folder.is_dir() else None


def paper_there_in(settings: Settings) -> PaperThere | None:
    """Whether a paper is in the store that the settings name; None where there is no store on this machine."""
    store = store_of_papers(settings)
    return None if store is None else store.exists
