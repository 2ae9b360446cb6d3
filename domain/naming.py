"""Ids of cases, and fingerprints of payloads."""

import base64
import hashlib
import json
from typing import Any

from domain.words import ProcedureName

_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def procedure_of_id(request_id: str) -> ProcedureName:
    """The procedure that the id of a case belongs to; an unknown tag counts as none."""
    tagged = {procedure.tag: procedure for procedure in ProcedureName}
    parts = request_id.split("-")
    return tagged.get(parts[1] if len(parts) == 3 else None, tagged[None])


def request_id_for(statute: str, key: str, procedure: ProcedureName) -> str:
    """The id of the case that a key opens: the same key gives the same id, so a retry cannot open it twice."""
    place = statute.split("-")[0].upper()
    tag = f"{procedure.tag}-" if procedure.tag else ""
    return f"{place}-{tag}{base64.b32encode(hashlib.sha256(key.encode()).digest()[:10]).decode()}"


def fingerprint(value: Any) -> str:
    """A short digest of plain data, to tell one payload from another."""
    return hashlib.sha256(_ENCODER.encode(value).encode()).hexdigest()[:32]
