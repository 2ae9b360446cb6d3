"""The description of the API, made once in a process: it takes more than a second."""

from functools import cache
from typing import Any

from api.app import openapi_document


@cache
def description() -> dict[str, Any]:
    """The document, which nobody changes."""
    return openapi_document()
