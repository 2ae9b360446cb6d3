"""All checks of a dossier in their order; one that rests on another that failed is skipped, and says so."""

import asyncio
from collections.abc import Callable, Sequence

from audit.dossier.contents import CaseDossier
from audit.verification.chain import check_chain, check_texts
from audit.verification.deadlines import check_deadlines
from audit.verification.files import check_digests, check_structure
from audit.verification.history import Replayed, RunHistory, check_history, check_ledger, histories_in, opening_in
from audit.verification.record import CaseRecord, record_in
from audit.verification.results import CheckFailed, CheckResult
from audit.verification.transitions import check_transitions


def verify(dossier: CaseDossier) -> list[CheckResult]:
    """Every check of a dossier, each after those that it rests on. Blocks, and needs nothing but the dossier."""
    return _Verification(dossier).all()


class _Verification:
    """One dossier being checked."""

    def __init__(self, dossier: CaseDossier) -> None:
        self._dossier = dossier
        self._results: list[CheckResult] = []
        self._record: CaseRecord | None = None
        self._histories: Sequence[RunHistory] = ()
        self._replayed: Replayed | None = None

    def all(self) -> list[CheckResult]:
        """Check everything."""
        complete = self._holds("structure", lambda: check_structure(self._dossier))
        self._holds("digests", lambda: check_digests(self._dossier), complete)
        readable = self._holds("record", self._read, complete)
        self._holds("chain", lambda: check_chain(self._dossier, self._read_record), readable)
        rests = self._holds("texts", lambda: check_texts(self._read_record), readable)
        self._holds("transitions", lambda: check_transitions(self._read_record), rests)
        self._holds("deadlines", self._deadlines, rests)
        replays = self._holds("history", self._replay, rests)
        self._holds("ledger", self._compare, replays)
        return self._results

    def _holds(self, check: str, tried: Callable[[], str], possible: bool = True) -> bool:
        if not possible:
            self._results.append(CheckResult(check=check, result="skipped", detail="what it rests on does not hold"))
            return False
        try:
            found = tried()
        except CheckFailed as error:
            self._results.append(CheckResult(check=check, result="FAIL", detail=error.detail, article=error.article))
            return False
        self._results.append(CheckResult(check=check, result="ok", detail=found))
        return True

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

    def _deadlines(self) -> str:
        self._read_histories()
        opening = asyncio.run(opening_in(self._histories[0]))
        return check_deadlines(self._read_record, opening.all_editions)

    def _replay(self) -> str:
        self._read_histories()
        self._replayed = asyncio.run(check_history(self._dossier, self._read_record, self._histories))
        events, runs = sum(len(history.events) for history in self._histories), len(self._histories)
        return f"{events} events of Temporal in {runs} run{'s' if runs > 1 else ''}, replayed"

    def _compare(self) -> str:
        assert self._replayed is not None
        return check_ledger(self._read_record, self._replayed)


def failed(results: Sequence[CheckResult]) -> bool:
    """Whether a check does not hold."""
    return any(result.result == "FAIL" for result in results)
