"""Packing a dossier: everything about one case from ledger, Temporal and attachments, in one file."""

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from importlib.metadata import version
from typing import IO, Any, Final

from audit.assembling import assembled
from audit.dossier.contents import (
    ACTS,
    CALENDAR,
    EVENTS,
    FILING,
    INDEX,
    POLICY,
    STAMP,
    STATUTE,
    CaseDossier,
    name_of_run,
    name_put_aside,
)
from audit.dossier.documents import entitled_to, read_index
from audit.dossier.filing import PackedFiling
from audit.dossier.let_go import papers_let_go
from audit.dossier.packing import FindPaper, PaperLost
from audit.dossier.persons import CannotWithhold
from audit.dossier.proof import PROOF, LogProof, ProvedAct, ProvedEvent, ProvedGrowth, in_hex, proved_head
from audit.dossier.stamp import log_stamp
from audit.verification.history import ends, replay
from audit.verification.replayed import Replayed
from background.archive.store import HistoryArchive
from domain.calendar import Calendar
from domain.engine.records import RecordedEvent
from domain.evidence import canonical_json, plain
from domain.log.acts import OperatorAct
from domain.log.heads import KEYS_OF_A_CASE
from domain.rule_texts import KNOWN
from ledger.queries.log import KeptCheckpoint
from ledger.queries.views import CaseDetail
from ledger.reader import Reader
from protocol.connecting import TemporalClient
from starter.attachments import AttachmentDamaged, AttachmentStore
from starter.errors import NotFound, PersonsStay, Unavailable
from starter.histories import CaseRun, HistoryDisposed, histories_of, put_aside_of

EARLIER: Final = 50
"""The number of earlier checkpoints from which a dossier proves consistency."""
TRIES: Final = 10
PAUSE: Final = timedelta(seconds=0.3)
"""How often, and at what interval, a case that is changing is read again."""


def no_papers(digest: str) -> None:
    """Find no paper: there is no store of attachments."""


async def dossier_of(
    reader: Reader,
    temporal: TemporalClient | None,
    request_id: str,
    kept: Sequence[int] = (),
    find: FindPaper = no_papers,
    archive: HistoryArchive | None = None,
    with_persons: bool = True,
) -> CaseDossier:
    """The dossier of a case as it stands now, with its proof where a checkpoint covers the case.

    ``find`` opens the papers that are kept: those come along that a department has brought and named in this case; one
    of them that is not found is called lost. ``kept``: of how many entries are the checkpoints that somebody has kept;
    the proof goes on from those, too. ``archive`` has the histories that Temporal has let go of, and all of them where
    ``temporal`` is None. ``with_persons``: who acted is named.

    Ledger and history are read one after the other; if the case changes in between, they are read again until they
    agree. If they never do, they are packed as they are, and verification will report it. If the history was disposed
    of, the filing is packed instead.

    Raises NotFound for an unknown case, NeedsOperator if its history is lost, PersonsStay if persons cannot be left out
    of it, Unavailable.
    """
    # Read first, so that the case is at least as far as the checkpoint.
    newest = await asyncio.to_thread(reader.log.newest_checkpoint)
    for left in reversed(range(TRIES)):
        try:
            histories = await histories_of(temporal, reader, request_id, archive)
        except HistoryDisposed:
            histories = []
        case, events = await asyncio.to_thread(_recorded, reader, request_id)
        if not left or not histories or await _tell_all(histories, len(events)):
            break
        await asyncio.sleep(PAUSE.total_seconds())
    filing = events[0].data.get("filing_digest", "")
    aside = await asyncio.to_thread(put_aside_of, reader, request_id, archive if histories else None, histories, filing)
    calendar = await asyncio.to_thread(reader.calendar)
    acts = await asyncio.to_thread(reader.acts, request_id)
    stamped = await asyncio.to_thread(reader.log.stamped, newest.size) if newest else None
    kept = [*kept, stamped.size] if stamped else kept
    proof = await asyncio.to_thread(_proof, reader, newest, request_id, acts, kept) if newest else None
    files = {
        **({PROOF: proof.written()} if proof else {}),
        **({STAMP: log_stamp(stamped.note, stamped.response).written()} if stamped and proof else {}),
        **({ACTS: _lines(acts)} if acts else {}),
        EVENTS: _lines(events),
        STATUTE: _written(_rule_text(case.statute_digest)),
        POLICY: _written(_rule_text(case.policy_digest)),
        CALENDAR: _written(_editions(calendar)),
        **({} if histories else {FILING: _filing(case).written()}),
        **{name_of_run(number): run.text for number, run in enumerate(histories, start=1)},
        **{name_put_aside(number): run.text for number, run in enumerate(aside, start=1)},
    }
    try:
        whose = entitled_to(case.application, events, case.requester_code if case.opened_by else "")
        gone = await asyncio.to_thread(_disposed_elsewhere, reader, whose, acts)
        brought = await asyncio.to_thread(_brought, reader, whose, papers_let_go(acts) | gone.keys())
        found = _own_alone(brought, whose, find)
        return await assembled(request_id, case.algorithm, version("shareflow"), files, found, with_persons, gone)
    except CannotWithhold as error:
        raise PersonsStay(f"Persons cannot be left out of the dossier of {request_id}: {error}") from None


def papers_in(store: AttachmentStore) -> FindPaper:
    """A function that finds papers in a store of attachments; missing and damaged ones are not found.

    The function raises Unavailable if the store cannot be read.
    """

    def find(digest: str) -> IO[bytes] | None:
        try:
            return store.open(digest)
        except AttachmentDamaged:
            return None
        except OSError as error:
            raise Unavailable("The store of attachments cannot be read.") from error

    return find


def papers_of_others(reader: Reader, dossier: CaseDossier) -> Sequence[str]:
    """The digests of papers that a dossier only names, and that some department uploaded for other cases.

    The dossier itself must not say so: whoever names a digest in a filing would learn that somebody has that paper.
    Raises ValueError for an invalid index.
    """
    named = {paper.sha256 for paper in read_index(dossier.files[INDEX]).papers if not paper.held and not paper.lost}
    return sorted(reader.papers.brought_by([digest for digest in named if digest]))


def _disposed_elsewhere(
    reader: Reader, whose: Mapping[str, AbstractSet[str]], acts: Sequence[OperatorAct]
) -> Mapping[str, int]:
    """Which acts on other cases disposed of papers that were this case's too, by their digests."""
    explained, ever = papers_let_go(acts), reader.papers.brought_by(whose, ever=True)
    own = [digest for digest, orgs in ever.items() if digest not in explained and not orgs.isdisjoint(whose[digest])]
    return reader.papers.disposed_by(own)


def _brought(reader: Reader, digests: Collection[str], disposed: AbstractSet[str]) -> Mapping[str, AbstractSet[str]]:
    """Who has uploaded each of these contents; also where the upload is no longer noted, and no act disposed of it."""
    ever = reader.papers.brought_by([digest for digest in digests if digest not in disposed], ever=True)
    return {**ever, **reader.papers.brought_by(digests)}


def _own_alone(
    brought: Mapping[str, AbstractSet[str]], whose: Mapping[str, AbstractSet[str]], find: FindPaper
) -> FindPaper:
    """A function that finds only papers uploaded by somebody entitled to name them; it raises PaperLost for a lost one.

    Papers that only others have uploaded are not part of the case, because everybody who sees the case gets its
    dossier.
    """

    def found(digest: str) -> IO[bytes] | None:
        if brought.get(digest, frozenset()).isdisjoint(whose.get(digest, frozenset())):
            return None
        paper = find(digest)
        if paper is None:
            raise PaperLost(digest)
        return paper

    return found


def _recorded(reader: Reader, request_id: str) -> tuple[CaseDetail, Sequence[RecordedEvent]]:
    case = reader.case(request_id)
    if case is None:
        raise NotFound(f"There is no case {request_id}.")
    return case, reader.events(request_id)


def _proof(
    reader: Reader, newest: KeptCheckpoint, request_id: str, acts: Sequence[OperatorAct], kept: Sequence[int]
) -> LogProof | None:
    """The proof that exactly these events and acts are in the log of a checkpoint, consistent with earlier ones."""
    log, size = reader.log, newest.size
    proved = log.inclusion(request_id, size)
    if not proved:
        return None
    earlier = sorted({*log.earlier_checkpoints(size, EARLIER), *(each for each in kept if 0 < each < size)})
    grown = [(each, *log.consistency(each, size)) for each in earlier]
    ways = log.ways([key(request_id) for _, key in KEYS_OF_A_CASE], {*earlier, size})
    return LogProof(
        checkpoint=newest.cosigned,
        events=tuple(
            ProvedEvent(seq=each.number, place=each.place, sha256=in_hex(each.sha256), sm3=in_hex(each.sm3))
            for each in proved
        ),
        acts=tuple(
            ProvedAct(number=each.number, place=each.place, sha256=in_hex(each.sha256), sm3=in_hex(each.sm3))
            for each in log.inclusion_of_acts([act.number for act in acts], size)
        ),
        grown_from=tuple(ProvedGrowth(size=each, sha256=in_hex(one), sm3=in_hex(two)) for each, one, two in grown),
        heads=tuple(
            proved_head(of, each, way)
            for each, both in sorted(ways.items())
            for (of, _), way in zip(KEYS_OF_A_CASE, both, strict=True)
        ),
    )


async def _tell_all(histories: Sequence[CaseRun], events: int) -> bool:
    """Whether the histories have that many events and, if the case is closed, its end."""
    replayed = Replayed()
    for run in histories:
        await replay(run.history, replayed)
    return len(replayed.events()) >= events and (ends(histories[-1].history) or not replayed.ended)


def _filing(case: CaseDetail) -> PackedFiling:
    return PackedFiling(procedure=case.procedure, statute=case.statute, application=case.application)


def _lines(records: Sequence[Any]) -> bytes:
    return "".join(f"{canonical_json(plain(each))}\n" for each in records).encode()


def _rule_text(digest: str) -> Mapping[str, Any]:
    text = KNOWN.text(digest)
    return {"digest": digest, "kind": text.kind, "body": text.body}


def _editions(calendar: Calendar) -> Mapping[str, Any]:
    return {"editions": [json.loads(edition.to_json()) for edition in calendar.editions]}


def _written(value: Any) -> bytes:
    return f"{canonical_json(value)}\n".encode()
