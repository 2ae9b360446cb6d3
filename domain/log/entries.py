"""The entries of the log: one for each event of a case and for each operator's act, in order of recording."""

import re
from typing import Final

from domain.evidence import canonical_json

_AS_IT_IS: Final = re.compile(r"[0-9A-Za-z-]+", re.ASCII)
"""Texts that need no escaping in canonical JSON."""


def entry_of_event(request_id: str, seq: int, digest: str) -> bytes:
    """The entry of an event: case, number and digest, as canonical JSON (RFC 8785).

    Formatted directly if that gives the same text: a log of a million entries takes one minute instead of two.
    """
    if _AS_IT_IS.fullmatch(request_id) and _AS_IT_IS.fullmatch(digest):
        return f'{{"digest":"{digest}","kind":"event","request_id":"{request_id}","seq":{seq}}}'.encode()
    return canonical_json({"digest": digest, "kind": "event", "request_id": request_id, "seq": seq}).encode()


def entry_of_act(number: int, digest: str) -> bytes:
    """The entry of an act: number and digest."""
    return canonical_json({"digest": digest, "kind": "act", "number": number}).encode()
