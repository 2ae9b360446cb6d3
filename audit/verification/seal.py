"""Whether the dossier is as it was packed by whoever holds the key of the log."""

from collections.abc import Sequence

from audit.dossier.contents import CaseDossier, Manifest
from audit.dossier.folder_list import DossierList
from audit.dossier.seal import LIST_SEAL, SEAL, note_of
from audit.verification.results import CheckFailed
from domain.log.keys import PublicKey
from domain.log.notes import NoteWrong, SignedNote, read_note, signed_by


def check_seal(dossier: CaseDossier, keys: Sequence[PublicKey]) -> str:
    """The manifest is the one that one of these keys has sealed. Raises CheckFailed."""
    if dossier.seal is None:
        raise CheckFailed(f"the dossier has no {SEAL}: nothing shows that it is as it was packed")
    return f"sealed by {', '.join(_signers(SEAL, dossier.seal, dossier.manifest, keys))}"


def check_unvouched(dossier: CaseDossier) -> None:
    """What can be seen of a seal without a key: that it is one, and of this manifest. Raises CheckFailed."""
    if dossier.seal is not None:
        _check_fits(SEAL, dossier.seal, dossier.manifest)


def check_list_seal(sealed: DossierList, seal: bytes | None, keys: Sequence[PublicKey]) -> str:
    """The list of a folder is the one that one of these keys of logs has sealed, where any is given.

    Raises CheckFailed.
    """
    if seal is None:
        if keys:
            raise CheckFailed(f"the folder has no {LIST_SEAL}: nothing shows that its list is as it was written")
        return "not sealed"
    if not keys:
        _check_fits(LIST_SEAL, seal, sealed)
        return "sealed, but no key of a log was given: --key FILE"
    return f"sealed by {', '.join(signers_of_list(sealed, seal, keys))}"


def signers_of_list(sealed: DossierList, seal: bytes, keys: Sequence[PublicKey]) -> list[str]:
    """The names of the keys that have sealed the list of a folder. Raises CheckFailed."""
    return _signers(LIST_SEAL, seal, sealed, keys)


def _signers(name: str, seal: bytes, sealed: Manifest | DossierList, keys: Sequence[PublicKey]) -> list[str]:
    note = _note_in(name, seal)
    try:
        signers = signed_by(note, keys)
    except NoteWrong as error:
        raise CheckFailed(f"{name}: {error}") from None
    _check_fits(name, seal, sealed)
    return [key.name for key in signers]


def _note_in(name: str, seal: bytes) -> SignedNote:
    try:
        return read_note(seal.decode())
    except UnicodeDecodeError:
        raise CheckFailed(f"{name} is not text") from None
    except NoteWrong as error:
        raise CheckFailed(f"{name}: {error}") from None


def _check_fits(name: str, seal: bytes, sealed: Manifest | DossierList) -> None:
    if _note_in(name, seal).text != note_of(sealed).text:
        what = "dossier" if isinstance(sealed, Manifest) else "list"
        raise CheckFailed(f"{name} is the seal of another {what}: something in this one was changed since")
