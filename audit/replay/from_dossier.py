"""A case out of its dossier, to be looked at; whether the dossier holds is for its verification to say."""

from audit.dossier.contents import CaseDossier, DossierUnusable
from audit.replay.case import RecordedCase
from audit.verification.acts import acts_in
from audit.verification.disposal import opened_in
from audit.verification.record import record_in
from audit.verification.results import CheckFailed
from domain.calendar import Calendar


def case_in(dossier: CaseDossier) -> tuple[RecordedCase, Calendar]:
    """The case of a dossier, and the calendar that was packed with it. Raises DossierUnusable; blocks."""
    missing = sorted(set(dossier.manifest.required) - set(dossier.files))
    if missing:
        raise DossierUnusable(f"The dossier has no {missing[0]}.")
    try:
        record = record_in(dossier)
        opening, acts = opened_in(dossier), acts_in(dossier)
    except CheckFailed as error:
        raise DossierUnusable(f"The dossier cannot be replayed: {error.detail}.") from None
    case = RecordedCase(record.request_id, record.statute, record.policy, opening.application, record.events, acts)
    return case, record.calendar
