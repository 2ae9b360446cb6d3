"""A history that was disposed of by a recorded act (销毁) is told apart from one that was dropped."""

from collections.abc import Mapping
from typing import Any, Final

from audit.dossier.contents import FILING, HISTORY, CaseDossier
from audit.dossier.filing import read_filing
from audit.dossier.let_go import disposals, let_go_early, listed_in
from audit.verification.acts import acts_in
from audit.verification.history import histories_in, opening_in
from audit.verification.record import CaseRecord, events_in
from audit.verification.results import CheckFailed
from domain.calendar import day_of
from domain.evidence import instant_text
from domain.messages.counting import CountingText
from domain.retention import Keepsake, KeptUntil, may_go, packaged_retention
from domain.words import Stage
from protocol.messages import CaseOpening

_GONE: Final = CountingText("disposed of by act {number} of {at}, {histories:history|histories} by digest")
"""How the act that let go of histories is told."""
TOO_EARLY: Final = "too early"
"""How it is told that an act let go of something before its day."""


def opened_in(dossier: CaseDossier) -> CaseOpening:
    """The message that a case was started with: as its history has it, or as what is kept for ever says.

    Raises CheckFailed, DossierUnusable.
    """
    return opening_in(histories_in(dossier)[0]) if dossier.histories else opening_kept(dossier)


def opening_kept(dossier: CaseDossier) -> CaseOpening:
    """That message as the filing and event 1 have it: whether the case was played, neither says. Raises CheckFailed."""
    filed = events_in(dossier)[0]
    try:
        filing = read_filing(dossier.files[FILING])
        return CaseOpening(
            request_id=dossier.manifest.request_id,
            procedure=filing.procedure,
            application=filing.application,
            actor=filed.actor,
            key=filed.key or "",
            digest=filing.digest,
            statute=filing.statute,
            statute_digest=_text(filed.data, "statute_digest"),
            policy_digest=_text(filed.data, "policy_digest"),
            filed_at=filed.at,
            opened_by=filed.data.get("opened_by"),
        )
    except ValueError as error:
        raise CheckFailed(f"no history and no filing: {error}") from None


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str):
        raise ValueError(f"event 1 has no {name}")
    return found


def history_disposed(dossier: CaseDossier, record: CaseRecord) -> str:
    """By which act the history of a case went, in words, and whether what was filed is what event 1 says by its digest.

    Raises CheckFailed where no act says so: then a history was dropped.
    """
    act = next(disposals(acts_in(dossier), Keepsake.HISTORY), None)
    if act is None:
        raise CheckFailed(f"{HISTORY} is missing, and no act says that it was disposed of: it was left out")
    if record.filed.data.get("filing_digest") != opened_in(dossier).digest:
        raise CheckFailed(f"{FILING}: what was filed is not what event 1 says by its digest", record.filed.article)
    kept = _kept_until(record, Keepsake.HISTORY)
    if kept is None:
        raise CheckFailed(f"act {act.number} let go of the history of a case that has not ended")
    gone = _GONE.format(number=act.number, at=instant_text(act.at), histories=len(listed_in(act, "histories")))
    early = "" if may_go(kept, day_of(act.at)) else f"; it had to be kept until {kept.last_day}"
    return f"the history was {gone}{early}"


def disposed_too_early(dossier: CaseDossier, record: CaseRecord) -> str:
    """What acts have let go of before its day, in words; nothing where all was kept for its time.

    Raises CheckFailed where something of a case went that has not ended.
    """
    said = list[str]()
    for early in let_go_early(acts_in(dossier), record.statute.id, record.events):
        if early.kept is None:
            raise CheckFailed(f"act {early.act.number} let go of what was kept of a case that has not ended")
        what = "papers" if early.keepsake is Keepsake.PAPERS else "the history"
        said.append(f"act {early.act.number} let go of {what} {TOO_EARLY}, to be kept until {early.kept.last_day}")
    return "; ".join(said)


def _kept_until(record: CaseRecord, keepsake: Keepsake) -> KeptUntil | None:
    """Until when this is kept of a case; None while that has not ended."""
    closed = next((event.at for event in record.events if event.stage is Stage.CLOSED), None)
    if closed is None:
        return None
    return packaged_retention().kept_until(record.statute.id, keepsake, day_of(closed))
