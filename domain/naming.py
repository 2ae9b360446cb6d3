"""The ids of cases, and the fingerprints that tell one payload from another."""

import base64
import hashlib
import json
from typing import Any

from domain.words import ProcedureName

_TAGS = {
    ProcedureName.DEMAND: "DEMAND",
    ProcedureName.ACCESS_GRANT: "GRANT",
    ProcedureName.DATA_CORRECTION: "CORRECTION",
    ProcedureName.RECTIFICATION: "RECTIFICATION",
    ProcedureName.RESOURCE_WITHDRAWAL: "WITHDRAWAL",
    ProcedureName.CATALOGUE_CHANGE: "CATALOGUE",
    ProcedureName.PERIODIC_DUTY: "DUTY",
}
"""What stands in the id of a case of each procedure; a share request's has none."""


def procedure_of_id(request_id: str) -> ProcedureName:
    """Which procedure the id of a case belongs to."""
    parts = request_id.split("-")
    tagged = {tag: procedure for procedure, tag in _TAGS.items()}
    return tagged.get(parts[1], ProcedureName.SHARE_REQUEST) if len(parts) == 3 else ProcedureName.SHARE_REQUEST


def request_id_for(statute: str, key: str, procedure: ProcedureName = ProcedureName.SHARE_REQUEST) -> str:
    """The id of the case that a key opens: the same key gives the same id, so a retry cannot open it twice."""
    place = statute.split("-")[0].upper()
    tag = f"{_TAGS[procedure]}-" if procedure in _TAGS else ""
    return f"{place}-{tag}{base64.b32encode(hashlib.sha256(key.encode()).digest()[:10]).decode()}"


def fingerprint(value: Any) -> str:
    """A short digest of plain data, to tell one payload from another."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
