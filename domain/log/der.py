"""Answers of authorities for timestamps as DER has them (X.690): the members of a set stand in order.

OpenSSL packs the certificates of an authority in the order in which it was given them, and reads them in any; a strict
reader takes none such. No signature covers their order, so that putting them right proves no less.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

_CERTIFICATES: Final = 0xA0
"""The tag of the set of certificates among the parts of SignedData (RFC 5652, 5.1)."""
_SHORT: Final = 0x80
"""From here on a first byte of a length says how many bytes the length has (X.690, 8.1.3)."""
PartsChange = Callable[[Sequence[bytes]], Iterable[bytes]]
"""What is made of the parts of a value."""


def with_certificates_in_order(response: bytes) -> bytes:
    """An answer (RFC 3161, TimeStampResp) whose certificates are sorted; raises ValueError for what is none."""
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
    """A value with its parts changed. Raises ValueError for one that has none, or is more than one."""
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
    """From where to where the content of the value goes that begins at a place. Raises ValueError where it is cut."""
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
