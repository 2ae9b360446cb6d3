"""Whether the acts of those who ran the engine on a case are as they were recorded, and stand in the log."""

from collections.abc import Sequence
from datetime import datetime

from audit.dossier.contents import ACTS, CaseDossier
from audit.dossier.proof import PROOF, LogProof
from audit.verification.dates import MARGIN
from audit.verification.lines import lines_in
from audit.verification.log import check_entry, checkpoint_of, head_in
from audit.verification.results import CheckFailed
from domain.evidence import instant_text
from domain.log.acts import OperatorAct, digest_of_act
from domain.log.checkpoints import Checkpoint
from domain.log.entries import entry_of_act
from domain.log.heads import LogHead, digest_of_acts, key_of_acts
from domain.messages.counting import CountingText


def acts_in(dossier: CaseDossier) -> tuple[OperatorAct, ...]:
    """The acts of a dossier, each on a line in its one form; none where it has no such file. Raises CheckFailed."""
    return lines_in(ACTS, dossier.files.get(ACTS, b""), OperatorAct, "an act")


def check_acts(dossier: CaseDossier, proof: LogProof | None) -> str:
    """Each act is of this case, has its digest, and stands in the log up to the checkpoint. Raises CheckFailed.

    None is dated otherwise than that checkpoint shows. Acts on other cases and on the machinery stand between: of two
    that follow on one another the second carries the digest of the first.
    """
    acts = acts_in(dossier)
    _check_chain(acts, dossier.manifest.request_id)
    proved = proof.acts if proof else ()
    if [each.number for each in proved] != [act.number for act in acts[: len(proved)]]:
        raise CheckFailed(f"{PROOF} must prove the case's acts from the first on, and no others")
    if proof is not None:
        checkpoint = checkpoint_of(proof)
        for act, each in zip(acts, proved, strict=False):
            check_entry(f"act {act.number}", entry_of_act(act.number, act.digest), each, checkpoint)
        if checkpoint.heads is not None:
            key = key_of_acts(dossier.manifest.request_id)
            _check_all(acts[: len(proved)], head_in(proof, checkpoint, "acts", key, "the packed checkpoint"))
        _check_dates(acts, len(proved), checkpoint.at, "the packed checkpoint")
    if not acts:
        return "no act of those who run the engine"
    return CountingText("{acts:act|acts}, {proved} of them in the log").format(acts=len(acts), proved=len(proved))


def check_acts_against(
    dossier: CaseDossier, proof: LogProof, own: Checkpoint, seen: datetime | None, which: str
) -> None:
    """The acts that the log had by a checkpoint that was kept are those of the dossier. Raises CheckFailed.

    ``seen`` is when it was made at the latest, and none of them is dated otherwise; ``which`` is what it is called.
    """
    acts, there = acts_in(dossier), sum(each.place < own.size for each in proof.acts)
    if own.heads is not None:
        head = head_in(proof, own, "acts", key_of_acts(dossier.manifest.request_id), which)
        _check_all(acts[:there], head, f" by {which}")
    _check_dates(acts, there, seen, which)


def _check_dates(acts: Sequence[OperatorAct], covered: int, seen: datetime | None, which: str) -> None:
    """No act is dated after a checkpoint that has it, nor before one that lacks it: a log takes acts as they come."""
    if seen is None:
        return
    for number, act in enumerate(acts):
        at, then = instant_text(act.at), instant_text(seen)
        if number < covered and act.at - seen > MARGIN:
            raise CheckFailed(f"act {act.number} is dated {at}, and {which}, of {then}, has it already")
        if number >= covered and seen - act.at > MARGIN:
            raise CheckFailed(f"act {act.number} is dated {at}, and {which}, of {then}, does not have it")


def _check_all(acts: Sequence[OperatorAct], head: LogHead | None, when: str = "") -> None:
    """These are the acts that a head covers, one and all."""
    if (acts[-1].number if acts else None) != (head.seq if head else None):
        raise CheckFailed(f"the last act on the case that the log has{when} is {head.seq if head else 'none'}")
    if head is not None and digest_of_acts(bytes.fromhex(act.digest) for act in acts) != head.digest:
        raise CheckFailed(f"the log has{when} other acts on the case than these: one was left out or changed")


def _check_chain(acts: Sequence[OperatorAct], request_id: str) -> None:
    before: OperatorAct | None = None
    for act in acts:
        if act.request_id != request_id:
            raise CheckFailed(f"act {act.number} is about another case")
        if act.digest != digest_of_act(act):
            raise CheckFailed(f"act {act.number}: its content does not match its digest")
        if before is not None and act.number <= before.number:
            raise CheckFailed(f"act {act.number} stands after act {before.number}")
        if before is not None and act.number == before.number + 1 and act.prev != before.digest:
            raise CheckFailed(f"act {act.number} does not carry the digest of the act before")
        before = act
