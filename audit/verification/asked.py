"""Whether the dossiers of a folder are such as its list says were asked for: of a period, a department, a text, a case.

A list is its packer's word. That it passes over no case of a period nothing can show; what stands in the dossiers that
it lists, these show themselves.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path

from audit.dossier.contents import INDEX, POLICY, STATUTE, CaseDossier, DossierUnusable
from audit.dossier.documents import read_index
from audit.dossier.folder_list import LIST, DossierList, file_of
from audit.dossier.packing import read_dossier
from audit.verification.disposal import opened_in
from audit.verification.record import events_in, rule_text_in
from audit.verification.results import CheckFailed
from domain.calendar import CHINA, end_of
from domain.codes import same_code
from domain.engine.records import RecordedEvent
from domain.rule_texts import RuleTextMissing
from domain.words import EventType
from protocol.opening import case_before

Asked = Mapping[str, str | None]
"""What was asked for, in the words of the options of ``audit export``."""


def check_asked(folder: Path, found: DossierList) -> None:
    """Of a case and those that it names, each is listed, with its dossier or the reason for none, and no other.

    Raises CheckFailed, also for a period that is none; OSError.
    """
    for option in ("from", "to"):
        _day(found.asked.get(option))
    of = found.asked.get("with_related")
    if of is None:
        return
    listed = {each.request_id for each in found.dossiers} | {each.request_id for each in found.left_out}
    if of not in listed:
        raise CheckFailed(f"{of} was asked for, and {LIST} does not name it")
    try:
        index = read_index(read_dossier(folder / file_of(of)).files[INDEX])
    except (DossierUnusable, ValueError, KeyError, FileNotFoundError):
        return  # what is wrong about that dossier, or that there is none, stands in a line of its own
    named = {of, *(each.request_id for each in index.cases)}
    for missing in sorted(named - listed):
        raise CheckFailed(f"{of} names {missing}, and {LIST} does not")
    for other in sorted(listed - named):
        raise CheckFailed(f"{LIST} lists {other}, which {of} does not name")


def not_asked_for(dossier: CaseDossier, asked: Asked) -> str | None:
    """What a dossier has otherwise than was asked for; None where nothing, or where its record cannot be read."""
    try:
        events = events_in(dossier)
        if dossier.manifest.withheld is None and asked.get("withheld") is not None:
            return f"it names persons, and {LIST} says that they are withheld"
        if asked.get("statute") not in (None, events[0].statute):
            return f"it was filed under {events[0].statute}, and {LIST} is of {asked['statute']}"
        if not _open_in(events, asked):
            return f"its case was not open at any time of the period of {LIST}"
        department = asked.get("department")
        if department is not None and not _is_party(dossier, department):
            return f"{department} is no party to its case, and {LIST} is of that department"
    except (CheckFailed, LookupError, ValueError, RuleTextMissing):
        pass  # the checks of the dossier say what is wrong about it
    return None


def _open_in(events: tuple[RecordedEvent, ...], asked: Asked) -> bool:
    first, last = _day(asked.get("from")), _day(asked.get("to"))
    closed = next((event.at for event in events if event.type is EventType.CLOSED), None)
    if first is not None and closed is not None and closed < datetime.combine(first, time(), CHINA):
        return False
    return last in (None, date.max) or events[0].at < end_of(last)


def _day(said: str | None) -> date | None:
    """A day of a list. Raises CheckFailed."""
    try:
        return None if said is None else date.fromisoformat(said)
    except ValueError:
        raise CheckFailed(f"{LIST} is of a period with {said!r:.40}, which is no day") from None


def _is_party(dossier: CaseDossier, department: str) -> bool:
    for text in (STATUTE, POLICY):
        rule_text_in(dossier, text)  # from then on known here by its digest
    case = case_before(opened_in(dossier))
    return any(party.code and same_code(party.code, department) for party in (case.requester, case.provider))
