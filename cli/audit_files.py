"""The cases of the dossiers that a command is given."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from audit.dossier.contents import CaseDossier, DossierUnusable
from audit.dossier.packing import read_dossier
from audit.replay.case import RecordedCase
from audit.replay.from_dossier import case_in
from audit.verification.chain import check_chain
from audit.verification.files import check_digests, check_structure
from audit.verification.record import CaseRecord, record_in
from audit.verification.results import CheckFailed
from cli.errors import REFUSED, Failure
from domain.calendar import Calendar

T = TypeVar("T")


def whole_dossier_in(path: Path) -> tuple[CaseDossier, CaseRecord]:
    """A dossier and its record; blocks.

    Whoever looks at a case takes it for what was recorded, so that what is quickly checked is checked: that nothing in
    the file was changed since it was packed, and that its events are chained. Raises DossierUnusable, and Failure
    naming the check that does not hold.
    """
    dossier = read_dossier(path)
    _held(path, "structure", lambda: check_structure(dossier))
    _held(path, "digests", lambda: check_digests(dossier))
    record = _held(path, "record", lambda: record_in(dossier))
    _held(path, "chain", lambda: check_chain(dossier, record))
    return dossier, record


def whole_case_in(path: Path) -> tuple[RecordedCase, Calendar]:
    """The case of a dossier, and the calendar that was packed with it; blocks. Raises what whole_dossier_in does."""
    return case_in(whole_dossier_in(path)[0])


def _held(path: Path, check: str, tried: Callable[[], T]) -> T:
    try:
        return tried()
    except CheckFailed as error:
        advice = f"run shareflow audit verify {path}"
        raise Failure(f"{path} does not hold: {check}: {error.detail}; {advice}.", REFUSED) from None


def cases_in(dossiers: Sequence[Path]) -> Iterator[tuple[RecordedCase, Calendar]]:
    """The case of each dossier with its calendar, one in memory at a time; a case that comes again is passed over.

    Raises DossierUnusable, and Failure for a dossier that does not hold, and a case that two dossiers have in two
    states.
    """
    seen: dict[str, tuple[Path, str]] = {}
    for path in dossiers:
        try:
            recorded, calendar = whole_case_in(path)
        except DossierUnusable as error:
            raise DossierUnusable(f"{path}: {error}" if len(dossiers) > 1 else str(error)) from None
        name, last = recorded.request_id, recorded.events[-1].digest
        if name not in seen:
            seen[name] = path, last
            yield recorded, calendar
        elif seen[name][1] != last:
            raise Failure(f"{path} has {name} in another state than {seen[name][0]}: name one of them.")
