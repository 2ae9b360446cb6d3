"""Signed notes (C2SP signed-note), the format of checkpoints: a text, and below it signatures.

A note is only worth the signatures of keys that the reader trusts; :func:`signed_by` finds these.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.log.keys import CannotCheck, KeyWrong, PublicKey, Signer, is_key_name

MOST_BYTES: Final = 1 << 20
MOST_SIGNATURES: Final = 100
_DASH: Final = "\u2014 "
_KEY_ID_BYTES: Final = 4


class NoteWrong(Exception):
    """Not a signed note, or one without a signature by a trusted key."""


def as_saved(content: bytes) -> str:
    """The text of a file with keys or a checkpoint, without the changes that Windows programs make when saving.

    They add a byte order mark and end lines with CR LF, neither of which means anything in a note. Raises
    UnicodeDecodeError.
    """
    return content.decode("utf-8-sig").replace("\r\n", "\n")


@dataclass(frozen=True)
class NoteSignature:
    """A signature line: the name of a key, its short id, and the signature."""

    name: str
    key_id: bytes
    content: bytes

    def line(self) -> str:
        """The line as it is in the note."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.content).decode()}\n"


@dataclass(frozen=True)
class SignedNote:
    """A text that ends with a line end, and the signatures below it."""

    text: str
    signatures: Sequence[NoteSignature] = ()

    def written(self) -> str:
        """The whole note."""
        return f"{self.text}\n{''.join(each.line() for each in self.signatures)}"

    def signed(self, signer: Signer) -> "SignedNote":
        """The note with the signature of one more key below the others."""
        key = signer.key
        return replace(
            self, signatures=(*self.signatures, NoteSignature(key.name, key.id, signer.sign(self.text.encode())))
        )


def read_note(written: str) -> SignedNote:
    """Parse a note. Raises NoteWrong with the reason; does not check signatures."""
    if len(written.encode(errors="replace")) > MOST_BYTES:
        raise NoteWrong(f"a note has no more than {MOST_BYTES} bytes")
    if any(each < " " and each != "\n" for each in written) or not _is_unicode(written):
        raise NoteWrong("a note is plain text")
    text, between, below = written.rpartition("\n\n")
    if not text or not between or not below.endswith("\n"):
        raise NoteWrong("a note is a text, an empty line and signatures, each on a line")
    lines = below.splitlines(keepends=True)
    if len(lines) > MOST_SIGNATURES:
        raise NoteWrong(f"a note has no more than {MOST_SIGNATURES} signatures")
    return SignedNote(f"{text}\n", tuple(map(_signature, lines)))


def _signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).removesuffix("\n").partition(" ")
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not line.startswith(_DASH) or not is_key_name(name) or len(content) <= _KEY_ID_BYTES:
        raise NoteWrong("a signature is a dash, the name of a key and what it wrote in base64")
    return NoteSignature(name, content[:_KEY_ID_BYTES], content[_KEY_ID_BYTES:])


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def signed_by(note: SignedNote, trusted: Sequence[PublicKey]) -> dict[PublicKey, NoteSignature]:
    """Those of these keys that have signed the note, each with its signature; signatures of other keys are ignored.

    Raises NoteWrong if none of them has signed it, or if a signature under one of their names is invalid.
    """
    found: dict[PublicKey, NoteSignature] = {}
    for key in trusted:
        for signature in note.signatures:
            if (signature.name, signature.key_id) != (key.name, key.id):
                continue
            try:
                key.check(note.text.encode(), signature.content)
            except KeyWrong as error:
                raise NoteWrong(f"the signature of {key.name} is not that key's: {error}") from None
            except CannotCheck as error:
                raise NoteWrong(f"the signature of {key.name} cannot be checked: {error}") from None
            found[key] = signature
            break
    if not found:
        names = ", ".join(key.name for key in trusted) or "nobody"
        raise NoteWrong(f"none of the keys that are trusted has signed it ({names})")
    return found
