"""Exceptions for errors of the HTTP API, with the code and the article of the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from shareflow._models import Case


@dataclass(frozen=True)
class FieldError:
    """One invalid field: its path in the request, and the reason."""

    path: str
    reason: str


class ShareflowError(Exception):
    """Base of all errors of a call.

    ``code`` is for programs, ``title`` a sentence in the reader's language, ``detail`` more of it. ``article`` is the
    clause of the regulation, if one applies. ``status`` is None if there was no answer. ``details``: the values behind
    a refusal, by name. ``retry_after`` is in seconds. ``key`` is the idempotency key that was sent: repeating the call
    with it is safe.
    """

    def __init__(
        self,
        title: str,
        *,
        code: str,
        status: int | None = None,
        detail: str | None = None,
        article: str | None = None,
        statute: str | None = None,
        errors: Sequence[FieldError] = (),
        retry_after: float | None = None,
        details: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> None:
        self.title = title
        self.code = code
        self.status = status
        self.detail = detail
        self.article = article
        self.statute = statute
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.details = dict(details or {})
        self.key = key
        super().__init__(title)

    def __str__(self) -> str:
        said = f"{self.title} ({self.detail})" if self.detail and self.detail != self.title else self.title
        fields = "; ".join(f"{error.path}: {error.reason}" for error in self.errors)
        return f"{self.code}: {said}{f' [{fields}]' if fields else ''}"


class RequestRefused(ShareflowError):
    """409 or 422: the rules do not allow it. ``code`` says why, ``article`` and ``statute`` by which clause."""


class InvalidInput(ShareflowError):
    """400, 413, 415, 422: the input is invalid; ``errors`` name the fields."""


class KeyReused(ShareflowError):
    """422: the idempotency key was used before, for something else."""


class NotAuthenticated(ShareflowError):
    """401: the token is missing, expired or not from the issuer that the server trusts."""


class Forbidden(ShareflowError):
    """403: the token lacks the role."""


class NotFound(ShareflowError):
    """404: it does not exist, or the caller may not see it."""


class Stale(ShareflowError):
    """412: the case has moved on since the version named by ``if_match``."""


class TooManyRequests(ShareflowError):
    """429: too many calls, even at the end of ``patience``; ``retry_after`` says when to try again."""


class Unavailable(ShareflowError):
    """No usable answer came in time. It is not known whether the call was carried out: repeat it with ``key``."""


class NeedsOperator(ShareflowError):
    """500: the engine cannot do it, and a retry does not help: an operator must act first."""


class UnexpectedAnswer(ShareflowError):
    """The answer is not from the Shareflow API: a proxy's page, a redirect, another service."""


class NotReached(ShareflowError, TimeoutError):
    """The case did not reach the awaited state; ``case`` is its last state."""

    def __init__(self, title: str, case: "Case") -> None:
        super().__init__(title, code="not_reached")
        self.case = case


class WebhookNotVerified(ShareflowError):
    """A webhook's signature or time is wrong: it may be forged or replayed, do not act on it."""


BY_STATUS: Mapping[int, type[ShareflowError]] = {
    400: InvalidInput,
    401: NotAuthenticated,
    403: Forbidden,
    404: NotFound,
    409: RequestRefused,
    412: Stale,
    413: InvalidInput,
    415: InvalidInput,
    422: InvalidInput,
    429: TooManyRequests,
}


def error_of(response: httpx.Response, key: str | None = None) -> ShareflowError:
    """The exception for an answer that is an error."""
    problem = _problem(response)
    status = response.status_code
    code = str(problem.get("code") or f"http_{status}")
    return _kind(status, code, problem)(
        str(problem.get("title") or f"The server answered {status} {response.reason_phrase}".rstrip()),
        code=code,
        status=status,
        detail=problem.get("detail"),
        article=problem.get("article"),
        statute=problem.get("statute"),
        errors=[
            FieldError(str(error.get("path", "")), str(error.get("reason", "")))
            for error in problem.get("errors") or ()
            if isinstance(error, dict)
        ],
        retry_after=retry_after(response),
        details=details if isinstance(details := problem.get("details"), dict) else None,
        key=key,
    )


def _kind(status: int, code: str, problem: Mapping[str, Any]) -> type[ShareflowError]:
    if code == "key_reused":
        return KeyReused
    if code == "needs_operator":
        return NeedsOperator
    if status == 422 and problem.get("statute"):
        return RequestRefused  # well formed, but refused by a rule of the statute
    return BY_STATUS.get(status, Unavailable if status >= 500 else UnexpectedAnswer)


def unreachable(error: httpx.RequestError, key: str | None) -> Unavailable:
    """The exception for an unreachable server, or a broken connection."""
    said = str(error) or type(error).__name__
    return Unavailable("The server does not answer", code="unreachable", detail=said, key=key)


def retry_after(response: httpx.Response) -> float | None:
    """The seconds in ``Retry-After``; None without it."""
    value = response.headers.get("Retry-After")
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    """The problem document of an answer; empty if there is none."""
    if "json" not in response.headers.get("Content-Type", ""):
        return {}
    try:
        problem = response.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
