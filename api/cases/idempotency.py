"""A caller's idempotency key, made the engine's: keys of different organisations never meet."""

import base64
import hashlib
import json
from typing import Annotated

from pydantic import StringConstraints

from domain.access import Caller
from domain.codes import code_key

Key = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
"""A caller's idempotency key: visible ASCII."""
NO_ORG = "~"
"""Stands before the subject of a token without an organisation; no organisation's code has it."""


def owner_of(caller: Caller) -> str:
    """Whose keys these are: the organisation's, for which any of its machines may speak, else the bearer's own.

    An organisation is one however its code is written; it is written in capitals here.
    """
    return code_key(caller.org) if caller.org else f"{NO_ORG}{caller.subject}"


def engine_key(caller: Caller, key: str) -> str:
    """The key under which the engine knows a caller's key: the same for all who act for one organisation."""
    said = json.dumps([owner_of(caller), key], ensure_ascii=False).encode()
    return f"http:{base64.b32encode(hashlib.sha256(said).digest()[:20]).decode().lower()}"
