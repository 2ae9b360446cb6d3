"""Whether an authority for timestamps has seen the case in the log, by a certificate that the auditor trusts."""

from collections.abc import Sequence

from cryptography.x509 import Certificate

from audit.dossier.contents import STAMP, CaseDossier
from audit.dossier.proof import LogProof
from audit.dossier.stamp import read_stamp
from audit.verification.acts import check_acts_against
from audit.verification.dates import ServerTimes, check_covered
from audit.verification.log import check_against, covered_in
from audit.verification.record import CaseRecord
from audit.verification.results import CheckFailed
from domain.calendar import CHINA
from domain.log.checkpoints import checkpoint_in
from domain.log.notes import NoteWrong, read_note
from domain.log.timestamps import TimestampWrong, stamped_at


def check_stamp(
    dossier: CaseDossier,
    record: CaseRecord,
    proof: LogProof,
    roots: Sequence[Certificate],
    times: ServerTimes,
) -> str:
    """The authority has seen a checkpoint from which the packed one goes on, and so do the case and the acts about it.

    So it is shown since when at the latest those stood as they stand now, whatever the operator's clock said.
    A checkpoint may wait for its timestamp: what came meanwhile is not in it. ``times`` as for `check_covered`.
    Raises CheckFailed.
    """
    try:
        stamp = read_stamp(dossier.files[STAMP])
        note = read_note(stamp.checkpoint)
        at = stamped_at(stamp.answered(), note.text, roots)
    except NoteWrong as error:
        raise CheckFailed(f"the checkpoint of {STAMP}: {error}") from None
    except TimestampWrong as error:
        raise CheckFailed(f"{STAMP}: {error}") from None
    except ValueError as error:
        raise CheckFailed(str(error)) from None
    which = f"the checkpoint of {STAMP}"
    goes_on = check_against(record, proof, stamp.checkpoint, (), which)
    own = checkpoint_in(note)
    there, by_then = covered_in(proof, own.size), min(at, own.at or at)
    check_acts_against(dossier, proof, own, by_then, which)
    late = check_covered(record, there, by_then, times, which)
    seen = at.astimezone(CHINA).isoformat(timespec="seconds")
    return f"{there} of {len(record.events)} events seen on {seen}; {goes_on}{late}"
