"""Whether a case rests on the texts that are packed with it, and whether its statute is one that a release has had.

Digests show that nobody changed a text after the filing; whose text it is, they do not. The statutes come with the
product, so that each release knows its own and those of the releases before it. A policy is its operator's.
"""

from audit.dossier.contents import POLICY, STATUTE
from audit.dossier.rules import release_here
from audit.released import released_texts
from audit.verification.record import CaseRecord
from audit.verification.results import CheckFailed
from domain.policy import default_policy
from domain.rule_texts import KNOWN
from domain.words import EventType


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
    return f"the case was filed under {record.statute.id}"


def whose_texts(record: CaseRecord) -> str:
    """Whose the statute and the policy are. Raises CheckFailed for a statute that no release known here has had."""
    packed, usual = KNOWN.digest(record.statute), KNOWN.digest(record.policy) == KNOWN.digest(default_policy())
    policy = f"the policy is {'the one that comes with it' if usual else 'one of the operator'}"
    having = [release for release, texts in released_texts().items() if texts.get(record.statute.id) == packed]
    if not having:
        raise CheckFailed(
            f"{STATUTE} is not the text that this release has under {record.statute.id}: "
            "compare it with the promulgated text"
        )
    ours = release_here()
    whose = "as this release has it" if ours in having else f"as release {having[-1]} had it"
    return f"{whose}; {policy}"
