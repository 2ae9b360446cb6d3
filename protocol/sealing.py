"""Encryption of payloads in Temporal, with keys that the operator holds (报文加密).

The first key of a ring seals; every key opens what it has sealed, so a new first key can be added while the old ones
stay in use. A sealed payload names its key in its metadata and contains the whole original payload, including its
metadata. Payloads written before there were keys pass unchanged.
"""

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from temporalio.api.common.v1 import Payload
from temporalio.converter import EncodingPayloadConverter, PayloadCodec

SEALED: Final = "binary/encrypted"
"""The encoding of a sealed payload, in its metadata."""
KEY_ID: Final = "encryption-key-id"
"""Metadata key of a sealed payload: the id of the key that opens it."""
SETTING: Final = "SHAREFLOW_PAYLOAD_KEYS"
"""The setting that names the key file, for error messages."""
_ENCODING: Final = "encoding"
_NONCE: Final = 12
_TAG: Final = 16
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class SealKind(StrEnum):
    """Authenticated encryption of payloads. SM4 (GB/T 32907) has a key of 128 bits."""

    AES_256_GCM = "aes-256-gcm"
    SM4_GCM = "sm4-gcm"

    @property
    def key_bytes(self) -> int:
        """Length of a key, in bytes."""
        return 32 if self is SealKind.AES_256_GCM else 16


class NotOpened(ValueError):
    """A payload cannot be opened; one sentence that names its key and nothing of its content."""


class KeyMissing(NotOpened):
    """A payload is sealed with a key that this process does not have."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        super().__init__(
            f"What Temporal keeps of this is sealed with the key {key_id}, which is not in the file that {SETTING} "
            "names: put it back there, and start this process anew."
        )


@dataclass(frozen=True)
class PayloadKey:
    """One key: its id, its cipher, and the secret itself."""

    key_id: str
    kind: SealKind
    secret: bytes = field(repr=False)

    def seal(self, plain: bytes) -> bytes:
        """Encrypt and authenticate: returns nonce, ciphertext, tag."""
        nonce = secrets.token_bytes(_NONCE)
        encryptor = self._cipher(nonce).encryptor()
        encryptor.authenticate_additional_data(self.key_id.encode())
        sealed: bytes = encryptor.update(plain) + encryptor.finalize()
        tag: bytes = encryptor.tag
        return nonce + sealed + tag

    def open(self, sealed: bytes) -> bytes:
        """Decrypt. Raises NotOpened if this key did not seal it, or it was altered."""
        from cryptography.exceptions import InvalidTag

        nonce, text, tag = sealed[:_NONCE], sealed[_NONCE:-_TAG], sealed[-_TAG:]
        try:
            decryptor = self._cipher(nonce, tag).decryptor()
            decryptor.authenticate_additional_data(self.key_id.encode())
            plain: bytes = decryptor.update(text) + decryptor.finalize()
        except (InvalidTag, ValueError):
            raise NotOpened(
                f"What Temporal keeps of this was altered, or is sealed with another key of the id {self.key_id}."
            ) from None
        return plain

    def _cipher(self, nonce: bytes, tag: bytes | None = None) -> Any:
        # Imported here, so that processes without keys do not wait for the library.
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        algorithm = algorithms.AES256 if self.kind is SealKind.AES_256_GCM else algorithms.SM4
        return Cipher(algorithm(self.secret), modes.GCM(nonce, tag))


class KeyRing(PayloadCodec):
    """The keys of a process: the first one seals, each opens what it has sealed."""

    def __init__(self, first: PayloadKey, *others: PayloadKey) -> None:
        self.first = first
        self._by_id = {key.key_id: key for key in (first, *others)}

    @property
    def ids(self) -> Sequence[str]:
        """The ids of all keys, the one that seals first."""
        return tuple(self._by_id)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads, sealed; one that is sealed already stays as it is."""
        return [payload if is_sealed(payload) else self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads, opened; one that was never sealed stays as it is. Raises NotOpened."""
        return [self.opened(payload) if is_sealed(payload) else payload for payload in payloads]

    def opened(self, payload: Payload) -> Payload:
        """The original of a sealed payload. Raises NotOpened."""
        key_id = key_id_of(payload)
        if key_id not in self._by_id:
            raise KeyMissing(key_id)
        return Payload.FromString(self._by_id[key_id].open(payload.data))

    def _sealed(self, payload: Payload) -> Payload:
        metadata = {_ENCODING: SEALED.encode(), KEY_ID: self.first.key_id.encode()}
        return Payload(metadata=metadata, data=self.first.seal(payload.SerializeToString()))


class SealedConverter(EncodingPayloadConverter):
    """Reports sealed payloads in a process without the keys; it never makes any."""

    @property
    def encoding(self) -> str:
        """The encoding in the metadata of sealed payloads."""
        return SEALED

    def to_payload(self, value: Any) -> Payload | None:  # noqa: ARG002 - the SDK's own name
        """None: sealing is done by the codec, after conversion."""
        return None

    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:  # noqa: ARG002 - the SDK's own name
        """Raises KeyMissing: with the key, the codec would have opened it before."""
        raise KeyMissing(key_id_of(payload))


def is_sealed(payload: Payload) -> bool:
    """Whether a payload is sealed."""
    return bool(payload.metadata.get(_ENCODING) == SEALED.encode())


def key_id_of(payload: Payload) -> str:
    """The id of the key that a sealed payload names; ``?`` if it is not a valid id."""
    said = payload.metadata.get(KEY_ID, b"").decode(errors="replace")
    return said if _ID.fullmatch(said) else "?"


def written_key(key_id: str, kind: SealKind) -> str:
    """A new key, as a line for a key file. Raises NotOpened for an invalid id."""
    if not _ID.fullmatch(key_id):
        raise NotOpened("The id of a key has 1 to 64 letters, digits and . _ - and nothing else.")
    return f"{key_id} {kind} {base64.b64encode(secrets.token_bytes(kind.key_bytes)).decode()}"


def ring_in(text: str) -> KeyRing:
    """The keys of a key file: one on each line, as id, kind and base64; ``#`` begins a comment.

    Raises NotOpened, which names the line and never the key, for an invalid file.
    """
    keys = list[PayloadKey]()
    for number, line in enumerate(text.splitlines(), start=1):
        if words := line.partition("#")[0].split():
            keys.append(_key_in(words, number))
            if keys[-1].key_id in (key.key_id for key in keys[:-1]):
                raise NotOpened(f"line {number}: there are two keys of the id {keys[-1].key_id}")
    if not keys:
        raise NotOpened("it has no key")
    return KeyRing(*keys)


def _key_in(words: Sequence[str], line: int) -> PayloadKey:
    if len(words) != 3 or not _ID.fullmatch(words[0]) or words[1] not in set(SealKind):
        raise NotOpened(f"line {line}: a key is an id, {' or '.join(SealKind)}, and the key in base64")
    kind = SealKind(words[1])
    try:
        secret = base64.b64decode(words[2], validate=True)
    except ValueError:
        raise NotOpened(f"line {line}: the key is not base64") from None
    if len(secret) != kind.key_bytes:
        raise NotOpened(f"line {line}: a key for {kind} has {kind.key_bytes} bytes, not {len(secret)}")
    return PayloadKey(words[0], kind, secret)
