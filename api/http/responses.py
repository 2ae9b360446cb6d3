"""Answers as they are sent: JSON of a model, with what lets a client ask again cheaply."""

from collections.abc import Mapping

from fastapi import Response
from pydantic import BaseModel

from domain.messages import Language

HEADERS = {"Cache-Control": "no-store, private", "X-Content-Type-Options": "nosniff"}


def answer(
    body: BaseModel, language: Language, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A model as JSON."""
    told = {**HEADERS, "Content-Language": "zh-CN" if language == "zh" else "en", "Vary": "Accept-Language"}
    content = body.model_dump_json(by_alias=True)
    return Response(content, status, {**told, **(headers or {})}, media_type="application/json")


def not_modified(etag: str) -> Response:
    """The caller knows the present state already."""
    return Response(status_code=304, headers={**HEADERS, "ETag": etag})


def link_next(path: str, query: str) -> dict[str, str]:
    """The header that names the following page."""
    return {"Link": f'<{path}?{query}>; rel="next"'}
