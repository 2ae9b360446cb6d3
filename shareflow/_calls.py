"""Every call about requests: what it sends and how its answer is read."""

import re
import uuid
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import httpx
from pydantic import TypeAdapter

from shareflow._call import IDEMPOTENCY_KEY, Call, items_reader, json_body, path, query, reader
from shareflow._errors import FieldError, InvalidInput
from shareflow._event import Event, event_from, name_of
from shareflow._models import Case, Clock, Done, Due, Page, Procedure, RecordedEvent, Statute

JSON = {"Content-Type": "application/json"}

PAGE = 200
"""Rows of one page where all pages are read anyway."""

KEY = re.compile(r"[\x21-\x7e]{1,255}")

_CASE = TypeAdapter(Case)


def file(
    statute: str | None, request: Mapping[str, Any], key: str | None, jurisdiction: str | None = None
) -> Call[Case]:
    """File a request. Its key makes it happen once, however often it is sent."""
    under = {"statute": statute, "jurisdiction": jurisdiction}
    return Call(
        "POST",
        path("requests"),
        _case,
        headers={**JSON, **key_header(key)},
        body=json_body({**{k: v for k, v in under.items() if v is not None}, "request": dict(request)}),
    )


def open_case(
    procedure: str, statute: str, request: Mapping[str, Any], key: str | None, as_role: str | None
) -> Call[Case]:
    """Open a case of any procedure, once."""
    body: dict[str, Any] = {"procedure": procedure, "statute": statute, "request": dict(request)}
    if as_role is not None:
        body["as"] = as_role
    return Call("POST", path("cases"), _case, headers={**JSON, **key_header(key)}, body=json_body(body))


def command(
    request_id: str,
    command: str,
    fields: Mapping[str, Any],
    key: str | None,
    if_match: str | None,
    as_role: str | None,
) -> Call[Done]:
    """Give a command, once."""
    body: dict[str, Any] = {"command": command, "with": dict(fields)}
    if as_role is not None:
        body["as"] = as_role
    headers = {**JSON, **key_header(key)}
    if if_match is not None:
        headers["If-Match"] = if_match
    return Call("POST", path("requests", request_id, "commands"), _done, headers=headers, body=json_body(body))


def get(request_id: str) -> Call[Case]:
    """A case as it stands."""
    return Call("GET", path("requests", request_id), _case)


def get_changed(request_id: str, etag: str | None, seconds: float) -> Call[Case | None]:
    """A case as soon as it is no longer at this version; None when so many seconds are over."""
    whole = max(1, round(seconds))
    return Call(
        "GET",
        path("requests", request_id),
        lambda response: None if response.status_code == 304 else _case(response),
        params=query(wait=whole),
        headers={"If-None-Match": etag} if etag else {},
        wait=whole,
    )


def list_requests(filters: Mapping[str, Any], cursor: str | None) -> Call[Page[Case]]:
    """One page of the share requests that the caller may see."""
    return Call("GET", path("requests"), reader(Page[Case]), params=query(**filters, limit=PAGE, cursor=cursor))


def list_cases(filters: Mapping[str, Any], cursor: str | None) -> Call[Page[Case]]:
    """One page of the cases of every procedure that the caller may see."""
    return Call("GET", path("cases"), reader(Page[Case]), params=query(**filters, limit=PAGE, cursor=cursor))


def worklist(cursor: str | None) -> Call[Page[Case]]:
    """One page of the cases that wait for the caller."""
    return Call("GET", path("worklist"), reader(Page[Case]), params=query(limit=PAGE, cursor=cursor))


def events(request_id: str, after: str | None) -> Call[Page[RecordedEvent]]:
    """One page of a case's ledger."""
    return Call(
        "GET",
        path("requests", request_id, "events"),
        reader(Page[RecordedEvent]),
        params=query(after=after, limit=PAGE),
    )


def clocks(request_id: str) -> Call[list[Clock]]:
    """All clocks of a case."""
    return Call("GET", path("requests", request_id, "clocks"), items_reader(Clock))


def feed(after: str | None, limit: int | None, wait: float | None) -> Call[Page[Event]]:
    """One page of events of all cases that the caller may see."""
    return Call(
        "GET",
        path("events"),
        _events,
        params=query(after=after, limit=limit, wait=None if wait is None else round(wait)),
        wait=wait or 0.0,
    )


def stream(after: str | None, types: Collection[str] | None) -> Call[Any]:
    """Events of all cases that the caller may see, as server-sent events without end."""
    wanted = None if types is None else sorted({name_of(type_) for type_ in types})
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if after is not None:
        headers["Last-Event-ID"] = after
    return Call("GET", path("events"), lambda response: response, params=query(type=wanted), headers=headers)


def statutes() -> Call[list[Statute]]:
    """The regulations under which requests can be filed."""
    return Call("GET", path("statutes"), items_reader(Statute))


def procedures() -> Call[list[Procedure]]:
    """The procedures that a case can follow."""
    return Call("GET", path("procedures"), items_reader(Procedure))


def calendar_due(start: date, working_days: int | None, months: int | None, as_known_on: date | None) -> Call[Due]:
    """The end of a limit."""
    return Call(
        "GET",
        path("calendar", "due"),
        reader(Due),
        params=query(from_=start, working_days=working_days, months=months, as_known_on=as_known_on),
    )


def key_header(key: str | None) -> dict[str, str]:
    """The header with a caller's key, or with one that nobody has used. Raises InvalidInput."""
    if key is None:
        return {IDEMPOTENCY_KEY: uuid.uuid4().hex}
    if not KEY.fullmatch(key):
        reason = "must be 1 to 255 letters, digits and signs of ASCII without spaces"
        raise InvalidInput(
            "The key cannot be used", code="invalid", errors=[FieldError(f"header.{IDEMPOTENCY_KEY}", reason)], key=key
        )
    return {IDEMPOTENCY_KEY: key}


def _case(response: httpx.Response) -> Case:
    case = _CASE.validate_json(response.content)
    return case.model_copy(update={"etag": response.headers.get("ETag")})


_done = reader(Done)


def _events(response: httpx.Response) -> Page[Event]:
    answer = response.json()
    return Page[Event](items=tuple(event_from(raw) for raw in answer["items"]), next=answer.get("next"))
