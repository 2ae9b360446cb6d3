"""Puts timestamp answers into strict DER (X.690), in which the members of a set are sorted.

OpenSSL writes the certificates of an authority in the order in which it was given them, and reads them in any order; a
strict reader rejects unsorted ones. No signature covers their order, so sorting them does not weaken the proof.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

_CERTIFICATES: Final = 0xA0
"""The tag of the set of certificates among the parts of SignedData (RFC 5652, 5.1)."""
_SHORT: Final = 0x80
"""From this value on, the first byte of a length gives the number of its bytes (X.690, 8.1.3)."""
PartsChange = Callable[[Sequence[bytes]], Iterable[bytes]]
"""A change of the parts of a value."""


def with_certificates_in_order(response: bytes) -> bytes:
    """An answer (RFC 3161, TimeStampResp) with sorted certificates. Raises ValueError for anything else."""
    return _changed(response, _in_response)


def _in_response(parts: Sequence[bytes]) -> Iterable[bytes]:
    status, token = parts
    return status, _changed(token, _in_token)


def _in_token(parts: Sequence[bytes]) -> Iterable[bytes]:
    kind, signed = parts
    return kind, _changed(signed, lambda within: [_changed(each, _in_signed) for each in within])


def _in_signed(parts: Sequence[bytes]) -> Iterable[bytes]:
    return [_changed(part, sorted) if part[0] == _CERTIFICATES else part for part in parts]


def _changed(value: bytes, change: PartsChange) -> bytes:
    """A value with its parts changed. Raises ValueError unless it is exactly one value with parts."""
    start, end = _content(value, 0)
    if end != len(value):
        raise ValueError("there is something behind the value")
    content = b"".join(change(_parts(value[start:end])))
    return value[:1] + _length(len(content)) + content


def _parts(content: bytes) -> Sequence[bytes]:
    found, at = list[bytes](), 0
    while at < len(content):
        _, end = _content(content, at)
        found.append(content[at:end])
        at = end
    return found


def _content(within: bytes, at: int) -> tuple[int, int]:
    """Start and end of the content of the value at an offset. Raises ValueError if it is truncated."""
    first = int.from_bytes(within[at + 1 : at + 2])
    more = first - _SHORT if first > _SHORT else 0
    start = at + 2 + more
    length = int.from_bytes(within[at + 2 : start]) if more else first
    if start + length > len(within):
        raise ValueError("the value is cut off")
    return start, start + length


def _length(of: int) -> bytes:
    if of < _SHORT:
        return bytes([of])
    written = of.to_bytes((of.bit_length() + 7) // 8)
    return bytes([_SHORT + len(written)]) + written
