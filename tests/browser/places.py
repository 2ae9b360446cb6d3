"""What stands for the variable parts of the console's addresses when a browser walks over all of them."""

import re
from collections.abc import Collection, Mapping

from api.verify_page.endpoints import ADDRESS
from console.app import ROUTES

FIXED: Mapping[str, str] = {
    "statute_id": "nantong-2020",
    "procedure": "share_request",
    "name": "application",
    "form": "ocel",
    "edition": "2099-none",
    "sha256": "0" * 64,
    "batch_id": "none",
    "number": "999999999",
    "what": "note",
}
"""Parts that need no case: the name in the path, and what stands for it."""
ABSENT: Collection[str] = {
    "/assessment/seals/{number:int}",
    "/calendar/publications/{edition}",
    "/cases/{request_id}/attachments/{sha256}",
    "/stuck/batches/{batch_id}",
    ADDRESS,
}
"""Pages that are not there where a case was just filed: nothing sealed, published, brought or prepared, and no page for
dossiers wanted."""
STREAMS: Collection[str] = {"/live"}
"""Addresses that answer for as long as somebody listens, and have no page."""


def pages() -> list[str]:
    """Every address of the console that is asked for by GET and ends, as ``console.app.ROUTES`` has it."""
    asked = dict.fromkeys(route.path for route in ROUTES if "GET" in (route.methods or ()))
    return [path for path in asked if path not in STREAMS]


def filled(path: str, request_id: str) -> str:
    """An address with its variable parts filled. Raises LookupError for one that nobody has said how to fill."""
    parts = {"request_id": request_id, "subject": request_id, **FIXED}

    def fill(variable: re.Match[str]) -> str:
        name = variable[1].partition(":")[0]
        if name not in parts:
            raise LookupError(f"say in tests/browser/places.py what stands for {{{name}}} in {path}")
        return parts[name]

    return re.sub(r"\{([^}]+)\}", fill, path)


def name_of(path: str) -> str:
    """What an address is called among files: ``cases-request_id``."""
    return "-".join(re.findall(r"[\w-]+", path.partition("?")[0])) or "home"
