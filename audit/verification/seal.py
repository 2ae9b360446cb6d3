"""Whether the dossier is as it was packed by whoever holds the key of the log."""

from collections.abc import Sequence

from audit.dossier.contents import CaseDossier
from audit.dossier.rules import rules_here
from audit.dossier.seal import SEAL, note_of
from audit.verification.results import CheckFailed
from audit.verification.rules import check_with, made_elsewhere
from domain.log.keys import PublicKey
from domain.log.notes import NoteWrong, SignedNote, read_note, signed_by


def check_seal(dossier: CaseDossier, keys: Sequence[PublicKey]) -> str:
    """The manifest is the one that one of these keys has sealed. Raises CheckFailed."""
    if dossier.seal is None:
        raise CheckFailed(f"the dossier has no {SEAL}: nothing shows that it is as it was packed")
    try:
        note = _note_in(dossier.seal)
        signers = signed_by(note, keys)
    except NoteWrong as error:
        raise CheckFailed(f"{SEAL}: {error}") from None
    _check_fits(dossier, note)
    return f"sealed by {', '.join(key.name for key in signers)}"


def check_unvouched(dossier: CaseDossier) -> None:
    """What can be seen of a seal without a key: that it is one, and of this manifest. Raises CheckFailed."""
    if dossier.seal is not None:
        try:
            _check_fits(dossier, _note_in(dossier.seal))
        except NoteWrong as error:
            raise CheckFailed(f"{SEAL}: {error}") from None
    said = dossier.manifest
    if not made_elsewhere(said) and said.rules != rules_here():
        raise CheckFailed(
            f"the manifest names other rules than this release has, under its own number ({said.made_by}): "
            f"give the log's key (--key), or {check_with(said)}"
        )


def _note_in(seal: bytes) -> SignedNote:
    """Raises CheckFailed, NoteWrong."""
    try:
        return read_note(seal.decode())
    except UnicodeDecodeError:
        raise CheckFailed(f"{SEAL} is not text") from None


def _check_fits(dossier: CaseDossier, note: SignedNote) -> None:
    if note.text != note_of(dossier.manifest).text:
        raise CheckFailed(f"{SEAL} is the seal of another dossier: something in this one was changed since")
