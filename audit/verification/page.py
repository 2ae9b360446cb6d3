"""Whether the page of a dossier is the one that its other files give."""

from audit.dossier.contents import INDEX, CaseDossier
from audit.dossier.documents import read_index
from audit.dossier.proof import read_proof
from audit.known_editions import known_then
from audit.page.facts import PAGE, CaseFacts
from audit.page.page import page_of
from audit.verification.acts import acts_in
from audit.verification.record import CaseRecord
from audit.verification.results import CheckFailed
from protocol.messages import CaseOpening
from protocol.opening import case_before


def check_page(dossier: CaseDossier, record: CaseRecord, opening: CaseOpening) -> str:
    """The page is what this version makes of the dossier, to the byte. Raises CheckFailed."""
    page = dossier.files.get(PAGE)
    if page is None:
        raise CheckFailed(f"{PAGE} is missing")
    if page != page_made(dossier, record, opening):
        raise CheckFailed(f"{PAGE} is not the page that the other files give: something was added or changed")
    return f"{PAGE} is what the other files give"


def page_made(dossier: CaseDossier, record: CaseRecord, opening: CaseOpening) -> bytes:
    """The page of a dossier, made of its other files. Raises CheckFailed where none can be made."""
    try:
        index, proof = read_index(dossier.files[INDEX]), read_proof(dossier)
    except ValueError as error:
        raise CheckFailed(f"no page can be made of what is here: {error}") from None
    operator_acts = acts_in(dossier)
    try:
        return page_of(
            CaseFacts(
                request_id=record.request_id,
                made_by=dossier.manifest.made_by,
                algorithm=dossier.manifest.algorithm,
                application=opening.application,
                before=case_before(opening),
                events=record.events,
                calendar=record.calendar,
                known=known_then(record.calendar, record.events, opening.all_editions),
                index=index,
                proof=proof,
                operator_acts=operator_acts,
                files=[file for file in dossier.manifest.files if file.name != PAGE],
                with_persons=dossier.manifest.withheld is None,
                history_gone=dossier.manifest.disposed is not None,
            )
        )
    except (
        Exception
    ) as error:  # what was packed is anybody's: each procedure meets events that no case records its own way
        raise CheckFailed(f"no page can be made of what is here: {type(error).__name__}") from None
