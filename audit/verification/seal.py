"""Whether the dossier is as it was packed by whoever holds the key of the log."""

from collections.abc import Sequence

from audit.dossier.contents import CaseDossier
from audit.dossier.seal import SEAL, note_of
from audit.verification.results import CheckFailed
from domain.log.keys import PublicKey
from domain.log.notes import NoteWrong, read_note, signed_by


def check_seal(dossier: CaseDossier, keys: Sequence[PublicKey]) -> str:
    """The manifest is the one that one of these keys has sealed. Raises CheckFailed."""
    if dossier.seal is None:
        raise CheckFailed(f"the dossier has no {SEAL}: nothing shows that it is as it was packed")
    try:
        note = read_note(dossier.seal.decode())
        signers = signed_by(note, keys)
    except UnicodeDecodeError:
        raise CheckFailed(f"{SEAL} is not text") from None
    except NoteWrong as error:
        raise CheckFailed(f"{SEAL}: {error}") from None
    if note.text != note_of(dossier.manifest).text:
        raise CheckFailed(f"{SEAL} is the seal of another dossier: something in this one was changed since")
    return f"sealed by {', '.join(key.name for key in signers)}"
