"""Whether the events stand in the log that a checkpoint closes, and whether that checkpoint can be trusted."""

from collections.abc import Sequence
from typing import Final, Literal

from audit.dossier.contents import CaseDossier
from audit.dossier.proof import PROOF, LogProof, ProvedAct, ProvedEvent, ProvedGrowth, read_proof
from audit.verification.record import CaseRecord
from audit.verification.results import CheckFailed
from audit.verification.vouching import check_signed
from domain.engine.records import Algorithm
from domain.log.checkpoints import Checkpoint, checkpoint_in
from domain.log.entries import entry_of_event
from domain.log.heads import LogHead, head_at, key_of_case
from domain.log.keys import PublicKey
from domain.log.notes import NoteWrong, SignedNote, read_note
from domain.log.proofs import ProofWrong, check_consistency, check_inclusion
from domain.log.tree import TreeHash

_ALGORITHMS: Final[Sequence[Algorithm]] = ("sha256", "sm3")


def check_inclusion_of(record: CaseRecord, proof: LogProof) -> str:
    """Each event up to the checkpoint stands in its log, where the proof says, and no other. Raises CheckFailed.

    A case goes on after a checkpoint: its last events may not be covered yet. None in between is left out, nor any that
    was in the log then. (A checkpoint that names no heads does not show the latter.)
    """
    checkpoint = checkpoint_of(proof)
    proved = [each.seq for each in proof.events]
    if proved != list(range(1, len(proved) + 1)) or not proved or len(proved) > len(record.events):
        raise CheckFailed(f"{PROOF} must prove the case's events from the first on, without a gap")
    for event, each in zip(record.events, proof.events, strict=False):
        check_entry(f"event {event.seq}", entry_of_event(record.request_id, event.seq, event.digest), each, checkpoint)
    if checkpoint.heads is not None:
        _check_head(record, proof, checkpoint, "the packed checkpoint")
    after = len(record.events) - len(proved)
    later = "recorded after it" if checkpoint.heads is not None else "of which no checkpoint tells"
    open_end = f", {after} {later}" if after else ""
    return f"{len(proved)} of {len(record.events)} events in a log of {checkpoint.size} entries{open_end}"


def _check_head(record: CaseRecord, proof: LogProof, checkpoint: Checkpoint, which: str) -> None:
    """The case goes as far as it had come in the log of a checkpoint, by the same events. Raises CheckFailed."""
    head = head_in(proof, checkpoint, "events", key_of_case(record.request_id), which)
    there = covered_in(proof, checkpoint.size)
    if head is None:
        if there:
            raise CheckFailed(f"{which} does not know the case, of which {PROOF} has {there} events before it")
        return
    if head.seq > len(record.events):
        raise CheckFailed(
            f"by {which} the log had {head.seq} events of the case; the dossier has {len(record.events)}: "
            "its end was left out"
        )
    if record.events[head.seq - 1].digest != head.digest.hex():
        raise CheckFailed(f"event {head.seq} is not the one that the log had by {which}")
    if there != head.seq:
        raise CheckFailed(f"by {which} the log had {head.seq} events of the case; {PROOF} shows {there} of them")


def head_in(
    proof: LogProof, checkpoint: Checkpoint, of: Literal["events", "acts"], key: bytes, which: str
) -> LogHead | None:
    """The last event of a case, or the last act about it, in the log of a checkpoint that names heads.

    None where it had none. Raises CheckFailed.
    """
    assert checkpoint.heads is not None
    way = next((each for each in proof.heads if (each.of, each.size) == (of, checkpoint.size)), None)
    if way is None:
        raise CheckFailed(f"{PROOF} does not show which of the case's {of} was the last by {which}")
    try:
        return head_at(checkpoint.heads, key, way.way())
    except (ProofWrong, ValueError) as error:
        raise CheckFailed(f"{PROOF} does not show where the case's {of} ended by {which}: {error}") from None


def checkpoint_of(proof: LogProof) -> Checkpoint:
    """The checkpoint that is packed. Raises CheckFailed."""
    return _checkpoint(proof.checkpoint, PROOF)


def origin_of(dossier: CaseDossier) -> str | None:
    """The log in which a dossier says that its case stands; None where it says none that can be read."""
    try:
        proof = read_proof(dossier)
        return None if proof is None else checkpoint_of(proof).origin
    except (CheckFailed, ValueError):
        return None


def check_entry(what: str, content: bytes, proved: ProvedEvent | ProvedAct, checkpoint: Checkpoint) -> None:
    """An entry stands in the log of the checkpoint, by both algorithms. Raises CheckFailed, which says ``what``."""
    for algorithm in _ALGORITHMS:
        hashing = TreeHash(algorithm)
        path, root = _path(proved, algorithm), _root(checkpoint, algorithm)
        try:
            check_inclusion(hashing, hashing.leaf(content), proved.place, checkpoint.size, path, root)
        except ProofWrong as error:
            raise CheckFailed(f"{what} is not in the log of the checkpoint: {error}") from None


def check_signature(proof: LogProof, keys: Sequence[PublicKey]) -> str:
    """The packed checkpoint is signed by one of these keys: one of its own log, or a witness's. Raises CheckFailed."""
    note, origin = _note(proof.checkpoint, PROOF), checkpoint_of(proof).origin
    return f"signed by {', '.join(check_signed(note, origin, keys, f'the checkpoint of {PROOF}'))}"


def check_against(
    record: CaseRecord,
    proof: LogProof,
    kept: str,
    keys: Sequence[PublicKey],
    which: str,
) -> str:
    """The packed checkpoint goes on from one that somebody has kept, and so does the case. Raises CheckFailed.

    With keys, the kept one must be signed by one of them too: it may have been changed where it was kept. ``which`` is
    what it is called.
    """
    packed, own = checkpoint_of(proof), _checkpoint(kept, which)
    if keys:
        check_signed(_note(kept, which), own.origin, keys, which)
    if own.origin != packed.origin:
        raise CheckFailed(f"{which} is of another log ({own.origin}, not {packed.origin})")
    if own.size > packed.size:
        raise CheckFailed(
            f"{which} covers {own.size} entries, the packed one {packed.size}: the case was packed before it and must "
            f"be packed again, or entries were taken out of the log since"
        )
    grown = next((each for each in proof.grown_from if each.size == own.size), None)
    if grown is None and own.size < packed.size:
        raise CheckFailed(
            f"the dossier does not show that its log goes on from one of {own.size} entries: have it packed anew with "
            f"this checkpoint (--checkpoint); where that is refused, or shows no more, the log was rewritten"
        )
    for algorithm in _ALGORITHMS:
        path = _path(grown, algorithm) if grown is not None and own.size < packed.size else ()
        try:
            check_consistency(
                TreeHash(algorithm), own.size, _root(own, algorithm), packed.size, _root(packed, algorithm), path
            )
        except ProofWrong as error:
            raise CheckFailed(f"the log was rewritten since {which}: {error}") from None
    if own.heads is not None:
        _check_head(record, proof, own, which)
    return f"the log of {packed.size} entries goes on from the {own.size} of {which}"


def covered_in(proof: LogProof, size: int) -> int:
    """How many of the case's events stood in its log when that had so many entries."""
    return sum(each.place < size for each in proof.events)


def _path(proved: ProvedEvent | ProvedAct | ProvedGrowth, algorithm: Algorithm) -> list[bytes]:
    return [bytes.fromhex(each) for each in (proved.sha256 if algorithm == "sha256" else proved.sm3)]


def _root(checkpoint: Checkpoint, algorithm: Algorithm) -> bytes:
    if algorithm == "sha256":
        return checkpoint.root
    if checkpoint.sm3_root is None:
        raise CheckFailed("the checkpoint has no root by SM3")
    return checkpoint.sm3_root


def _note(written: str, where: str) -> SignedNote:
    try:
        return read_note(written)
    except NoteWrong as error:
        raise CheckFailed(f"{where}: {error}") from None


def _checkpoint(written: str, where: str) -> Checkpoint:
    try:
        return checkpoint_in(_note(written, where))
    except NoteWrong as error:
        raise CheckFailed(f"{where}: {error}") from None
