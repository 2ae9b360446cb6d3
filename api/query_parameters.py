"""Query parameters: one that an endpoint does not know, or a second where it takes one, is told, not passed over."""

from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from fastapi import Request

from api.http.language import language_of
from api.http.problems import Problem
from domain.messages import Language, label
from domain.validation_messages import key_path


def refuse_unknown(request: Request) -> None:
    """Raises Problem 400, naming each. To be called after the token: nobody else is told what an endpoint takes."""
    if not request.scope["query_string"]:
        return
    asked = Counter(name for name, _ in request.query_params.multi_items())
    known, language = _known(request), language_of(request.headers.get("accept-language"))
    errors = [
        {"path": key_path(("query", name)), "reason": reason}
        for name, times in asked.items()
        if (reason := _wrong(name, times, known, language))
    ]
    if errors:
        raise Problem(400, "malformed", errors=errors)


def _wrong(name: str, times: int, known: Mapping[str, bool], language: Language) -> str | None:
    if name not in known:
        meant = get_close_matches(name, known, n=1)
        if not meant:
            return label("input", "unknown_key", language)
        return label("input", "unknown_key_meant", language).format(meant=meant[0])
    return label("input", "header_twice", language) if times > 1 and not known[name] else None


def _known(request: Request) -> Mapping[str, bool]:
    """The query parameters of the endpoint that answers, as the API's description has them: whether each is a list."""
    ways: Mapping[str, Any] = request.app.openapi()["paths"][request.scope["route"].path]
    parameters = ways[request.method.lower()].get("parameters", ())
    return {each["name"]: _is_list(each["schema"]) for each in parameters if each["in"] == "query"}


def _is_list(schema: Mapping[str, Any]) -> bool:
    return any(part.get("type") == "array" for part in (schema, *schema.get("anyOf", ())))
