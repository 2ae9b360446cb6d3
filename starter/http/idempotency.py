"""A caller's idempotency key, made the engine's: keys of different organisations never meet."""

import base64
import hashlib
import json

from domain.access import Caller

NO_ORG = "~"
"""Stands before the subject of a token without an organisation; no organisation's code has it."""


def owner_of(caller: Caller) -> str:
    """Whose keys these are: the organisation's, for which any of its machines may speak, else the bearer's own."""
    return caller.org or f"{NO_ORG}{caller.subject}"


def engine_key(caller: Caller, key: str) -> str:
    """The key under which the engine knows a caller's key: the same for all who act for one organisation."""
    said = json.dumps([owner_of(caller), key], ensure_ascii=False).encode()
    return f"http:{base64.b32encode(hashlib.sha256(said).digest()[:20]).decode().lower()}"
