"""What can go wrong for a caller of the HTTP API, as exceptions with the code and the article of the answer."""

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
    """One field that cannot be: where it stands in what was sent, and why."""

    path: str
    reason: str


class ShareflowError(Exception):
    """An answer that is not what was asked for.

    ``code`` is what programs read, ``title`` a sentence in the reader's language, ``detail`` more of it.
    ``article`` is the clause of the regulation, where one applies. ``status`` is None when no answer came.
    ``details`` are what a refusal turns on, by name. ``retry_after`` is in seconds. ``key`` is the idempotency key that
    was sent: the same call with it is safe.
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
    """400, 413, 415, 422: what was sent cannot be; ``errors`` name the fields."""


class KeyReused(ShareflowError):
    """422: the idempotency key was used before, for something else."""


class NotAuthenticated(ShareflowError):
    """401: the token is missing, expired or not from the issuer that the server trusts."""


class Forbidden(ShareflowError):
    """403: the token lacks the role."""


class NotFound(ShareflowError):
    """404: it does not exist, or is not the caller's to see."""


class Stale(ShareflowError):
    """412: the case has moved on since the version named by ``if_match``."""


class TooManyRequests(ShareflowError):
    """429: too many calls, still so when patience ended; ``retry_after`` says when to try again."""


class Unavailable(ShareflowError):
    """No usable answer came in time. It is not known whether the call was carried out: repeat it with ``key``."""


class NeedsOperator(ShareflowError):
    """500: the engine cannot do it and asking again does not help: whoever runs it must look first."""


class UnexpectedAnswer(ShareflowError):
    """Something answered that is not the Shareflow API: a proxy's page, a redirection, another service."""


class NotReached(ShareflowError, TimeoutError):
    """The case did not come to where it was waited for; ``case`` is how it stood last."""

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
        return RequestRefused  # what was said is well formed, and a rule of that statute does not let it pass
    return BY_STATUS.get(status, Unavailable if status >= 500 else UnexpectedAnswer)


def unreachable(error: httpx.RequestError, key: str | None) -> Unavailable:
    """The exception for a server that could not be reached, or that broke off."""
    said = str(error) or type(error).__name__
    return Unavailable("The server does not answer", code="unreachable", detail=said, key=key)


def retry_after(response: httpx.Response) -> float | None:
    """The seconds that an answer asks to wait (``Retry-After``), None where it does not say."""
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
    """The problem document of an answer; empty where there is none."""
    if "json" not in response.headers.get("Content-Type", ""):
        return {}
    try:
        problem = response.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
