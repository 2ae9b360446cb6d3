"""Whether the events are chained as they were recorded."""

from audit.dossier.contents import CaseDossier
from audit.verification.record import CaseRecord
from audit.verification.results import CheckFailed
from domain.evidence import ChainBroken, verify_chain


def check_chain(dossier: CaseDossier, record: CaseRecord) -> str:
    """Numbers without gaps, each event with the digest of the one before, each digest right. Raises CheckFailed."""
    algorithm = dossier.manifest.algorithm
    try:
        verify_chain(record.events, algorithm, body=record.body_of)
    except ChainBroken as error:
        raise CheckFailed(str(error)) from None
    last = record.events[-1]
    return f"{last.seq} events by {algorithm.upper()}, the last one {last.digest}"
