"""Whether the events are chained as they were recorded, and rest on the texts that are packed with them."""

from audit.dossier.contents import POLICY, STATUTE, CaseDossier
from audit.verification.record import CaseRecord
from audit.verification.results import CheckFailed
from domain.evidence import ChainBroken, verify_chain
from domain.rule_texts import KNOWN
from domain.words import EventType


def check_chain(dossier: CaseDossier, record: CaseRecord) -> str:
    """Numbers without gaps, each event with the digest of the one before, each digest right. Raises CheckFailed."""
    algorithm = dossier.manifest.algorithm
    try:
        verify_chain(record.events, algorithm, body=record.body_of)
    except ChainBroken as error:
        raise CheckFailed(str(error)) from None
    last = record.events[-1]
    return f"{last.seq} events by {algorithm.upper()}, the last one {last.digest}"


def check_texts(record: CaseRecord) -> str:
    """The first event names the statute and the policy that are packed here, by digest. Raises CheckFailed."""
    filed = record.events[0]
    if filed.type is not EventType.FILED:
        raise CheckFailed(f"the first event is {filed.type.value}, not the filing")
    for name, key, digest in (
        (STATUTE, "statute_digest", KNOWN.digest(record.statute)),
        (POLICY, "policy_digest", KNOWN.digest(record.policy)),
    ):
        if filed.data.get(key) != digest:
            raise CheckFailed(f"the case was filed under another text than {name}")
    if filed.statute != record.statute.id and filed.statute not in record.statute.regulations:
        raise CheckFailed(f"the case was filed under {filed.statute}, the text packed is {record.statute.id}")
    return f"{record.statute.id}, as it stood when the case was filed"
