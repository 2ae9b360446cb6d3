"""Whose keys may vouch for a log: its own, which bear its name, and those of witnesses, who cosign and seal nothing.

A checkpoint begins with the name of its log, its origin, and a log's keys bear that name, the one that signs now and
those that did before (C2SP tlog-checkpoint). An auditor may bring keys of several logs: each speaks for its own.
"""

from collections.abc import Sequence

from audit.verification.results import CheckFailed
from domain.log.keys import COSIGNATURE, PublicKey
from domain.log.notes import NoteWrong, SignedNote, signed_by


def check_signed(note: SignedNote, origin: str, keys: Sequence[PublicKey], which: str) -> list[str]:
    """The names of those who have signed a checkpoint of a log, its own keys or witnesses. Raises CheckFailed."""
    vouching = [key for key in keys if key.kind == COSIGNATURE or key.name == origin]
    try:
        return [key.name for key in signed_by(note, vouching or _none_of(origin, keys))]
    except NoteWrong as error:
        raise CheckFailed(f"{which}: {error}") from None


def keys_of_logs(keys: Sequence[PublicKey]) -> list[PublicKey]:
    """Those of the keys that a log signs with: witnesses have seen a log and know nothing of what was packed."""
    return [key for key in keys if key.kind != COSIGNATURE]


def keys_of(origin: str, keys: Sequence[PublicKey]) -> Sequence[PublicKey]:
    """Those of the keys that are the log's own. Raises CheckFailed where none of them is."""
    own = [key for key in keys_of_logs(keys) if key.name == origin]
    return own or _none_of(origin, keys)


def _none_of(origin: str, keys: Sequence[PublicKey]) -> Sequence[PublicKey]:
    names = ", ".join(dict.fromkeys(key.name for key in keys))
    raise CheckFailed(f"it is of the log {origin}, for which none of the keys that were given speaks ({names})")
