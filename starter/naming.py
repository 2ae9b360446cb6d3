"""The ids of requests and workflows, and the fingerprints that tell one payload from another."""

import base64
import hashlib
import json
from typing import Any

from domain.cases.commands import Command


def workflow_id(request_id: str) -> str:
    """The id of the workflow that carries a request."""
    return f"share-request/{request_id}"


def request_id_for(statute: str, key: str) -> str:
    """The id of the request that a key files: the same key gives the same id, so a retry cannot file twice."""
    place = statute.split("-")[0].upper()
    return f"{place}-{base64.b32encode(hashlib.sha256(key.encode()).digest()[:10]).decode()}"


def fingerprint(value: Any) -> str:
    """A short digest of plain data, to tell one payload from another."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def fingerprint_of(command: Command) -> str:
    """The fingerprint of what a command says, and of who says it."""
    said = {"name": command.name, "actor": command.actor.model_dump(mode="json"), "fields": dict(command.fields)}
    return fingerprint(said)[:16]
