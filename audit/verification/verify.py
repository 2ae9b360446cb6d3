"""All checks of a dossier in their order; one that rests on another that failed is skipped, and says so."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Self

from cryptography.x509 import Certificate

from audit.dossier.contents import STAMP, CaseDossier, DossierUnusable
from audit.dossier.proof import PROOF, LogProof, read_proof
from audit.page.facts import PAGE
from audit.released import editions_here, released_editions
from audit.verification.acts import check_acts, check_acts_against
from audit.verification.chain import check_chain
from audit.verification.dates import (
    PLAYED,
    ServerTimes,
    check_covered,
    check_dates,
    check_order_of_dates,
    played,
    server_times,
)
from audit.verification.deadlines import check_deadlines
from audit.verification.disposal import TOO_EARLY, disposed_too_early, history_disposed, opening_kept
from audit.verification.documents import check_documents
from audit.verification.files import check_digests, check_structure
from audit.verification.history import (
    AnotherWorkflow,
    RunHistory,
    check_history,
    histories_in,
    opening_in,
)
from audit.verification.ledger import TAKEN_OVER, check_ledger
from audit.verification.log import check_against, check_inclusion_of, check_signature, checkpoint_of, covered_in
from audit.verification.page import check_page
from audit.verification.persons import check_persons
from audit.verification.put_aside import AsideRun, runs_put_aside, told_of_aside
from audit.verification.record import CaseRecord, record_in
from audit.verification.replay_loop import ReplayLoop
from audit.verification.replayed import Replayed
from audit.verification.results import CheckFailed, CheckResult
from audit.verification.rules import check_release, check_with, may_look_otherwise, told_apart
from audit.verification.seal import check_seal, check_unvouched
from audit.verification.stamp import check_stamp
from audit.verification.texts import check_texts, whose_texts
from audit.verification.transitions import check_transitions
from audit.verification.vouching import keys_of, keys_of_logs
from domain.log.checkpoints import checkpoint_in
from domain.log.keys import PublicKey
from domain.log.notes import read_note
from domain.messages.counting import CountingText
from protocol.messages import CaseOpening

LEDGER: Final = "ledger"
"""The check that says which events the case decides again when it is run again, and which it took over."""
DISPOSED: Final = "the history was disposed of"
"""How it is told that there is no history any more."""
CHECKPOINT: Final = "checkpoint"
"""The check of the checkpoint that was given."""
COVERED: Final = "events of the case were in it"
"""How it is told how many of them that one has."""
_COVERED: Final = re.compile(rf"; ([0-9]+) of ([0-9]+) {COVERED}")
ACTS: Final = "acts"
"""The check that says what acts have let go of before its day."""
DATES: Final = "dates"
"""The check that says how far the dates of a case are shown; of a played one, whose time was not the world's, not."""


@dataclass(frozen=True)
class Trusted:
    """What an auditor brings along: keys of logs and witnesses, and a checkpoint that was kept.

    ``authorities`` are the certificates below which timestamps are trusted.
    """

    keys: Sequence[PublicKey] = ()
    checkpoint: str | None = None
    authorities: Sequence[Certificate] = ()


def verify(dossier: CaseDossier, trusted: Trusted = Trusted()) -> list[CheckResult]:
    """Every check of a dossier, each after those that it rests on. Blocks, and needs nothing but these two.

    What the auditor brings nothing for is skipped; so is the log, where the dossier has no proof and nobody asks.
    Raises DossierUnusable for one that was packed with the history of another workflow.
    """
    with Verifier(trusted) as verifier:
        return verifier.verify(dossier)


class Verifier:
    """Checks one dossier after another, against the same that is trusted: the loop in which cases run is made once."""

    def __init__(self, trusted: Trusted = Trusted()) -> None:
        self._trusted = trusted
        self._loop = ReplayLoop()

    def __enter__(self) -> Self:
        """Ready to check."""
        return self

    def __exit__(self, *_: object) -> None:
        """No more dossiers come."""
        self._loop.close()

    def verify(self, dossier: CaseDossier) -> list[CheckResult]:
        """What :func:`verify` gives, and raises."""
        return _Verification(dossier, self._trusted, self._loop).all()


class _Skipped(Exception):
    """A check that cannot be tried, and why."""


class _Verification:
    """One dossier being checked."""

    def __init__(self, dossier: CaseDossier, trusted: Trusted, loop: ReplayLoop) -> None:
        self._dossier = dossier
        self._trusted = trusted
        self._loop = loop
        self._results: list[CheckResult] = []
        self._record: CaseRecord | None = None
        self._proof: LogProof | None = None
        self._histories: Sequence[RunHistory] = ()
        self._opened: CaseOpening | None = None
        self._replayed: Replayed | None = None
        self._aside: Sequence[AsideRun] = ()
        self._rests = False

    def all(self) -> list[CheckResult]:
        """Check everything."""
        complete = self._holds("structure", lambda: check_structure(self._dossier))
        self._holds("release", lambda: check_release(self._dossier.manifest))
        self._holds("digests", lambda: check_digests(self._dossier), complete)
        readable = self._holds("record", self._read, complete)
        self._holds("chain", lambda: check_chain(self._dossier, self._read_record), readable)
        self._holds("persons", lambda: check_persons(self._dossier, self._read_record), readable)
        self._holds("texts", self._texts, readable)
        rests = self._rests
        self._holds("transitions", lambda: check_transitions(self._read_record), rests)
        self._holds("deadlines", self._deadlines, rests)
        self._holds("documents", self._documents, rests)
        if self._dossier.manifest.disposed is None:
            replays = self._holds("history", self._replay, rests)
            self._holds(LEDGER, self._compare, replays)
            self._holds(DATES, self._dates, replays)
        else:
            self._holds("history", self._disposed, rests)
            self._holds(LEDGER, self._not_decided_again, rests)
            self._holds(DATES, self._dates_alone, rests)
        self._holds(ACTS, self._check_acts, complete)
        self._holds("page", self._page, rests)
        self._holds("log", lambda: check_inclusion_of(self._read_record, self._packed_proof()), readable)
        self._holds("signature", self._signature, readable)
        self._holds(CHECKPOINT, self._checkpoint, readable)
        self._holds("timestamp", self._timestamp, readable)
        self._holds("seal", self._seal)
        return self._results

    def _holds(self, check: str, tried: Callable[[], str], possible: bool = True) -> bool:
        try:
            if not possible:
                raise _Skipped("what it rests on does not hold")
            self._results.append(CheckResult(check=check, result="ok", detail=tried()))
            return True
        except CheckFailed as error:
            detail = told_apart(error, self._dossier.manifest)
            self._results.append(CheckResult(check=check, result="FAIL", detail=detail, article=error.article))
        except _Skipped as why:
            self._results.append(CheckResult(check=check, result="skipped", detail=str(why)))
        return False

    def _read(self) -> str:
        self._record = record_in(self._dossier)
        return f"{len(self._record.events)} events of {self._record.request_id}"

    @property
    def _read_record(self) -> CaseRecord:
        assert self._record is not None
        return self._record

    def _read_histories(self) -> None:
        if not self._histories:
            self._histories = histories_in(self._dossier)

    def _opening(self) -> CaseOpening:
        self._read_histories()
        if self._opened is None:
            try:
                self._opened = opening_in(self._histories[0]) if self._histories else opening_kept(self._dossier)
            except AnotherWorkflow as error:
                if any(each.check == "digests" and each.result == "ok" for each in self._results):
                    raise DossierUnusable(f"{error.detail}: this is no dossier of a case.") from None
                raise
        return self._opened

    def _texts(self) -> str:
        """What rests on the texts can be tried where they are those of the case, whoever wrote them."""
        filed = check_texts(self._read_record)
        self._rests = True
        return f"{filed}, {whose_texts(self._read_record)}"

    def _deadlines(self) -> str:
        packed_with = released_editions().get(self._dossier.manifest.made_by, editions_here())
        return check_deadlines(self._read_record, self._opening().all_editions, packed_with)

    def _documents(self) -> str:
        return check_documents(self._dossier, self._read_record, self._opening().application)

    def _page(self) -> str:
        try:
            return check_page(self._dossier, self._read_record, self._opening())
        except CheckFailed as error:
            if not may_look_otherwise(self._dossier.manifest):
                raise
            if PAGE in self._dossier.files and self._sealed():
                raise _Skipped(
                    "another release or build drew it otherwise than this one would; it is as it was sealed, and "
                    "whoever holds the key may have it say anything: have it drawn anew by shareflow audit page"
                ) from None
            why = "another release or build may have drawn it otherwise; give the log's key (--key), or"
            raise CheckFailed(f"{error.detail}; {why} {check_with(self._dossier.manifest)}") from None

    def _sealed(self) -> bool:
        try:
            self._seal()
        except (CheckFailed, _Skipped):
            return False
        return True

    def _replay(self) -> str:
        self._read_histories()
        self._replayed = self._loop.run(check_history(self._dossier, self._read_record, self._histories))
        events, runs = sum(len(history.events) for history in self._histories), len(self._histories)
        self._aside = self._loop.run(runs_put_aside(self._dossier, self._read_record))
        counted = CountingText("{events} events of Temporal in {runs:run|runs}, replayed")
        return f"{counted.format(events=events, runs=runs)}{told_of_aside(self._aside)}"

    def _disposed(self) -> str:
        raise _Skipped(history_disposed(self._dossier, self._read_record))

    def _not_decided_again(self) -> str:
        raise _Skipped("the history was disposed of: nothing is left by which the case could be decided again")

    def _dates_alone(self) -> str:
        check_order_of_dates(self._read_record)
        raise _Skipped("the history was disposed of: of its dates only their order is shown")

    def _compare(self) -> str:
        assert self._replayed is not None
        with_persons = self._dossier.manifest.withheld is None
        return check_ledger(self._read_record, self._replayed, self._opening(), with_persons, self._aside)

    def _dates(self) -> str:
        assert self._replayed is not None
        held = check_dates(self._read_record, self._replayed, self._opening())
        own_time = played(self._opening())
        if own_time:
            raise _Skipped(
                f"{own_time}; of when anything happened its dates show nothing; by its own clock they are {held.said}"
            )
        if held.unshown:
            raise _Skipped(f"{held.unshown}; dates are {held.said}")
        return f"dates are {held.said}"

    def _proof_if_any(self) -> LogProof | None:
        if self._proof is None:
            try:
                self._proof = read_proof(self._dossier)
            except ValueError as error:
                raise CheckFailed(str(error)) from None
        return self._proof

    def _check_acts(self) -> str:
        said = check_acts(self._dossier, self._proof_if_any())
        early = disposed_too_early(self._dossier, self._record) if self._record else ""
        return f"{said}; {early}" if early else said

    def _packed_proof(self) -> LogProof:
        proof = self._proof_if_any()
        if proof is None:
            if self._trusted.keys or self._trusted.checkpoint is not None:
                raise CheckFailed(f"the dossier has no {PROOF}: nothing shows that its events stand in the log")
            raise _Skipped("the case was packed before a checkpoint covered it")
        return proof

    def _signature(self) -> str:
        if not self._trusted.keys:
            raise _Skipped("no key was given: --key FILE")
        return check_signature(self._packed_proof(), self._trusted.keys)

    def _checkpoint(self) -> str:
        if self._trusted.checkpoint is None:
            raise _Skipped("no checkpoint was given: --checkpoint FILE")
        proof, kept = self._packed_proof(), self._trusted.checkpoint
        which = "the checkpoint that was given"
        goes_on = check_against(self._read_record, proof, kept, self._trusted.keys, which)
        own = checkpoint_in(read_note(kept))
        check_acts_against(self._dossier, proof, own, own.at, which)
        there, of = covered_in(proof, own.size), len(self._read_record.events)
        late = check_covered(self._read_record, there, own.at, self._server_times(), which)
        return f"{goes_on}; {there} of {of} {COVERED}{late}"

    def _server_times(self) -> ServerTimes:
        """What the history tells of time; where that does not hold no more than how far its own clock is ahead."""
        try:
            opening = self._opening()
        except CheckFailed:
            return ServerTimes()
        if self._replayed is None:
            return ServerTimes(shift=opening.shift)
        return server_times(self._read_record, self._replayed, opening)

    def _timestamp(self) -> str:
        authorities = self._trusted.authorities
        if STAMP not in self._dossier.files:
            if authorities:
                raise CheckFailed(f"the dossier has no {STAMP}: no authority for timestamps had seen its log")
            raise _Skipped("no authority for timestamps had seen the log")
        if not authorities:
            raise _Skipped("no certificate of an authority for timestamps was given: --timestamp-root FILE")
        return check_stamp(self._dossier, self._read_record, self._packed_proof(), authorities, self._server_times())

    def _seal(self) -> str:
        keys = keys_of_logs(self._trusted.keys)
        if not keys:
            check_unvouched(self._dossier)
            raise _Skipped("no key of a log was given: --key FILE")
        proof = self._proof_if_any()
        return check_seal(self._dossier, keys if proof is None else keys_of(checkpoint_of(proof).origin, keys))


def failed(results: Sequence[CheckResult]) -> bool:
    """Whether a check does not hold."""
    return any(result.result == "FAIL" for result in results)


def conclusion_of(
    results: Sequence[CheckResult],
) -> Literal["fails", "early", "disposed", "played", "undated", "unasked", "unbound", "holds"]:
    """What the last line says, by its word among the messages.

    Also that something was disposed of before its day, that the history is gone, that dates of the case show nothing,
    or some of them, that of some events nothing shows who asked for them, or that the checkpoint which was given has
    none of its events.
    """
    if failed(results):
        return "fails"
    said = {each.check: each for each in results}
    if ACTS in said and TOO_EARLY in said[ACTS].detail:
        return "early"
    dates = said.get(DATES)
    if dates is not None and dates.result == "skipped":
        if dates.detail.startswith(DISPOSED):
            return "disposed"
        return "played" if dates.detail.startswith(PLAYED) else "undated"
    if LEDGER in said and TAKEN_OVER in said[LEDGER].detail:
        return "unasked"
    covered = covered_by_given(results)
    return "unbound" if covered is not None and covered[0] == 0 else "holds"


def covered_by_given(results: Sequence[CheckResult]) -> tuple[int, int] | None:
    """How many of the case's events, and of how many, the checkpoint has that was given; None where none was."""
    told = next((each.detail for each in results if (each.check, each.result) == (CHECKPOINT, "ok")), "")
    found = _COVERED.search(told)
    return None if found is None else (int(found[1]), int(found[2]))
