"""The description of the API as it is committed; ``tests/api_contract/test_gate.py`` holds the application to it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

COMMITTED = Path(__file__).parents[2] / "docs/api/openapi.json"


@cache
def description() -> dict[str, Any]:
    """The document, which nobody changes."""
    document: dict[str, Any] = json.loads(COMMITTED.read_text("utf-8"))
    return document
