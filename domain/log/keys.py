"""Keys for signed notes: public keys, as auditors keep them, and signers.

A public key is one line of name, id and key, separated by plus signs (C2SP signed-note, verifier keys). ``KINDS`` has
the known kinds: Ed25519, with which a log signs its checkpoints; the cosignature of a witness (C2SP tlog-cosignature),
another authority which confirms, with a time, that the log has only grown; and SM2 (GM/T 0003), with which a device may
sign instead of Ed25519.
"""

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final, NamedTuple, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
NAMED: Final = 0xFF
"""The byte of kinds that are not in C2SP's list; their name precedes the key."""
SM2: Final = b"gmt0003-2012/sm2-with-sm3"
"""The name of SM2 in keys: signatures over a text by SM3, as DER (GM/T 0009), with the default id of the signer."""
SM2_LIBRARY: Final = "gmssl_pyx"
_ED25519_BYTES: Final = 32
_SM2_BYTES: Final = 64
_SIGNATURE_BYTES: Final = 64
_NAME: Final = re.compile(r"[^\s+]+")
_VERIFIER_KEY: Final = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")
_SECRET_KEY: Final = re.compile(r"PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")


class KeyWrong(Exception):
    """Not a key of a known kind, or not a signature by the key."""


class CannotCheck(Exception):
    """A signature cannot be checked because a library is missing; one clause names it."""


class CannotSign(Exception):
    """The signer does not answer, or answers with something else; one sentence. It may work later."""


class Signer(Protocol):
    """A signer: a key in memory, or a device that keeps it (HSM, 密码机), including SM2 devices."""

    @property
    def key(self) -> "PublicKey":
        """The public key for its signatures."""

    def sign(self, message: bytes) -> bytes:
        """The signature for a note with this text. Blocks. Raises CannotSign."""


@dataclass(frozen=True)
class PublicKey:
    """A public key: its name, its kind (a byte of C2SP's list) and the key itself.

    Raises KeyWrong for a name that cannot be used in a note, and for a key of the wrong length.
    """

    name: str
    kind: int
    content: bytes

    def __post_init__(self) -> None:
        """Check name and length. Raises KeyWrong."""
        if not is_key_name(self.name):
            raise KeyWrong("the name of a key has neither blanks nor plus signs")
        kind, length = self._kind, len(self._itself)
        if length != kind.length:
            raise KeyWrong(f"an {kind.title} key has {kind.length} bytes, this one {length}")

    @property
    def _kind(self) -> "KeyKind":
        for kind in KINDS:
            if kind.byte == self.kind and self.content.startswith(kind.called):
                return kind
        known = ", ".join(dict.fromkeys(kind.title for kind in KINDS))
        raise KeyWrong(f"keys of the kind {self.kind:#04x} are not known here, only {known} and cosignatures")

    @property
    def _itself(self) -> bytes:
        return self.content.removeprefix(self._kind.called)

    @property
    def id(self) -> bytes:
        """The four bytes with which a signature names its key: a hint, not a proof."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.content).digest()[:4]

    def written(self) -> str:
        """The key on one line, as auditors keep it."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.content).decode()}"

    def check(self, message: bytes, signature: bytes) -> None:
        """Raises KeyWrong unless this key signed a note's text so; CannotCheck if a library is missing."""
        if not self._kind.made(self._itself, message, signature):
            raise KeyWrong("the text or the signature was changed, or another key made it")


def is_key_name(name: str) -> bool:
    """Whether a text is a valid name of a key."""
    return _NAME.fullmatch(name) is not None


def read_public_key(line: str) -> PublicKey:
    """The key in a line. Raises KeyWrong."""
    found = _VERIFIER_KEY.fullmatch(line.strip())
    if found is None:
        raise KeyWrong("a public key is a name, eight hexadecimal digits and the key in base64, with + between")
    try:
        content = base64.b64decode(found[3], validate=True)
    except (binascii.Error, ValueError):
        raise KeyWrong("the key is not written in base64") from None
    key = PublicKey(found[1], content[0], content[1:])
    if key.id.hex() != found[2]:
        raise KeyWrong("the key is not the one that its eight digits name: it may have been copied wrongly")
    return key


def read_public_keys(text: str) -> list[PublicKey]:
    """The keys in a text, one on each line. Raises KeyWrong for an invalid line, and if there is no key."""
    keys = [read_public_key(line) for line in text.splitlines() if line.strip()]
    if not keys:
        raise KeyWrong("there is no key in it")
    return keys


def cosigned_at(signature: bytes) -> int:
    """When the witness saw the checkpoint, by its own word, in seconds since 1970."""
    seconds: int = struct.unpack(">Q", signature[:8])[0]
    return seconds


def _cosigned(message: bytes, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n".encode() + message


def _made_by_ed25519(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _cosigned_by_ed25519(key: bytes, message: bytes, signature: bytes) -> bool:
    if len(signature) != 8 + _SIGNATURE_BYTES:
        raise KeyWrong("a cosignature has a time and 64 bytes")
    return _made_by_ed25519(key, _cosigned(message, cosigned_at(signature)), signature[8:])


def _made_by_sm2(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        gmssl = import_module(SM2_LIBRARY)
    except ImportError:
        raise CannotCheck("SM2 needs pip install gmssl-pyx, which is not installed here") from None
    try:
        return bool(gmssl.sm2_verify(key, message, signature))
    except (gmssl.GmsslInnerError, gmssl.InvalidValueError):
        return False


class KeyKind(NamedTuple):
    """A kind of key: its byte, the name before the key if that byte is 0xff, its length, and its verification.

    ``made`` says whether a key, given by its bytes, made the signature over a message; it raises KeyWrong for a
    malformed signature, and CannotCheck.
    """

    byte: int
    called: bytes
    title: str
    length: int
    made: Callable[[bytes, bytes, bytes], bool]


KINDS: Final = (
    KeyKind(ED25519, b"", "Ed25519", _ED25519_BYTES, _made_by_ed25519),
    KeyKind(COSIGNATURE, b"", "Ed25519", _ED25519_BYTES, _cosigned_by_ed25519),
    KeyKind(NAMED, SM2, "SM2", _SM2_BYTES, _made_by_sm2),
)
"""The kinds of keys. To add one, add a line here."""


class Ed25519Signer:
    """A log's own key, in memory. ``secret`` are its 32 bytes. Raises KeyWrong for an invalid name."""

    def __init__(self, name: str, secret: bytes) -> None:
        self._private = _private(secret)
        self.key = PublicKey(name, ED25519, self._private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The signature over a text."""
        return self._private.sign(message)


class Witness:
    """The signer of a witness, which adds the time. ``now`` returns seconds since 1970."""

    def __init__(self, name: str, secret: bytes, now: Callable[[], float]) -> None:
        self._private = _private(secret)
        self._now = now
        self.key = PublicKey(name, COSIGNATURE, self._private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The cosignature over a text."""
        at = int(self._now())
        return struct.pack(">Q", at) + self._private.sign(_cosigned(message, at))


def _private(secret: bytes) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(secret)
    except ValueError:
        raise KeyWrong(f"an Ed25519 key has {_ED25519_BYTES} bytes, this one {len(secret)}") from None


def write_secret_key(name: str, secret: bytes) -> str:
    """A secret key of 32 random bytes on one line, to be kept secret. Raises KeyWrong."""
    signer = Ed25519Signer(name, secret)
    return f"PRIVATE+KEY+{name}+{signer.key.id.hex()}+{base64.b64encode(bytes([ED25519]) + secret).decode()}"


def read_secret_key(line: str) -> Ed25519Signer:
    """The key written by :func:`write_secret_key`. Raises KeyWrong, without revealing anything of the key."""
    found = _SECRET_KEY.fullmatch(line.strip())
    try:
        content = base64.b64decode(found[3], validate=True) if found else b""
    except (binascii.Error, ValueError):
        content = b""
    if found is None or content[:1] != bytes([ED25519]):
        raise KeyWrong("this is not the secret key of a log")
    signer = Ed25519Signer(found[1], content[1:])
    if signer.key.id.hex() != found[2]:
        raise KeyWrong("the secret key is not the one that its eight digits name: it may have been copied wrongly")
    return signer
