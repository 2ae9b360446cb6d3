"""The client that blocks: for programs with threads, or none."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from shareflow import _calls, _document_calls
from shareflow._drivers import Driver, TokenSource
from shareflow._event import Event
from shareflow._models import Attachment, Case, Clock, Done, Due, Page, Paper, Procedure, RecordedEvent, Statute
from shareflow._stream import stream
from shareflow._talk import ask, pages
from shareflow._waiting import Words, wait_for
from shareflow._webhook_admin import Webhooks
from shareflow._wire import PATIENCE, TIMEOUT, Language, http_options, patience_of


class Client:
    """Files requests and drives them over HTTP. Threads may share one; close it, or use it in ``with``.

    ``token`` is a bearer token, or a function that gives a fresh one: it is asked again, once, when the server does
    not accept the last. ``timeout`` is in seconds for one attempt, ``patience`` for a call with all its attempts:
    broken connections and answers 429, 502, 503 and 504 are tried again, always with the same idempotency key.
    ``language`` is that of titles and labels. ``transport`` is HTTPX's, for a private certificate authority or a test.
    """

    def __init__(
        self,
        base_url: str,
        token: TokenSource,
        *,
        timeout: float = TIMEOUT,
        patience: float = PATIENCE,
        language: Language | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._patience = patience_of(timeout, patience)
        self._driver = Driver(httpx.Client(transport=transport, **http_options(base_url, language)), token)
        self.webhooks = Webhooks(self._driver, self._patience)

    def close(self) -> None:
        """Close its connections."""
        self._driver.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Filing and acting

    def file(
        self,
        statute: str | None,
        request: Mapping[str, Any],
        key: str | None = None,
        jurisdiction: str | None = None,
    ) -> Case:
        """File a request under a statute; returns when it is in the ledger.

        Without a ``statute``, the text in force in the ``jurisdiction`` (``nantong`` …) on the day of filing applies;
        without both, that of the one place in your token.
        Give a ``key`` of your own (such as a number of your system) to be safe across restarts of your program: a
        request is filed once for each key. Raises RequestRefused, InvalidInput, KeyReused, Unavailable.
        """
        return self._driver.run(ask(_calls.file(statute, request, key, jurisdiction), self._patience))

    def open_case(
        self,
        procedure: str,
        statute: str,
        request: Mapping[str, Any],
        key: str | None = None,
        as_role: str | None = None,
    ) -> Case:
        """Open a case of any procedure (``demand`` …); returns when it is in the ledger.

        ``key`` as in ``file``; ``as_role`` is needed if the token has several roles that may open it. ``procedures``
        has the fields. Raises RequestRefused, InvalidInput, KeyReused, Forbidden, Unavailable.
        """
        call = _calls.open_case(procedure, statute, request, key, as_role)
        return self._driver.run(ask(call, self._patience))

    def command(
        self,
        request_id: str,
        command: str,
        /,
        *,
        key: str | None = None,
        if_match: str | None = None,
        as_role: str | None = None,
        **fields: Any,
    ) -> Done:
        """Give a command with its fields: ``command(id, "refuse", reason="…")``; returns when it is in the ledger.

        ``if_match`` is the ``etag`` of the case as you saw it; ``as_role`` is needed if the token has several roles
        that may give it. Raises RequestRefused, InvalidInput, KeyReused, Stale, Forbidden, NotFound, Unavailable.
        """
        call = _calls.command(request_id, command, fields, key, if_match, as_role)
        return self._driver.run(ask(call, self._patience))

    # Reading

    def get(self, request_id: str) -> Case:
        """The current state of a case. Raises NotFound."""
        return self._driver.run(ask(_calls.get(request_id), self._patience))

    def wait_for(
        self,
        request_id: str,
        *,
        stage: Words | None = None,
        outcome: Words | None = None,
        until: Callable[[Case], bool] | None = None,
        timeout: float = 60.0,
    ) -> Case:
        """Wait until a case is at a stage, has an outcome (one, or any of several), or ``until(case)`` is true.

        ``timeout`` is in seconds. Raises NotReached after it, or as soon as the case has closed otherwise.
        """
        return self._driver.run(wait_for(request_id, stage, outcome, until, timeout, self._patience))

    def clocks(self, request_id: str) -> Sequence[Clock]:
        """All clocks of a case in the order in which they started."""
        return self._driver.run(ask(_calls.clocks(request_id), self._patience))

    def events(self, request_id: str) -> Iterator[RecordedEvent]:
        """The ledger of a case, from its first event."""
        return self._driver.each(pages(lambda after: _calls.events(request_id, after), self._patience))

    def list(
        self,
        *,
        stage: str | None = None,
        outcome: str | None = None,
        statute: str | None = None,
        requester: str | None = None,
        provider: str | None = None,
        open: bool | None = None,
        overdue: bool | None = None,
        stuck: bool | None = None,
    ) -> Iterator[Case]:
        """The share requests that you may see, loaded page by page; parties are given by their codes."""
        filters = {
            **{"stage": stage, "outcome": outcome, "statute": statute, "requester": requester, "provider": provider},
            **{"open": open, "overdue": overdue, "stuck": stuck},
        }
        return self._driver.each(pages(lambda cursor: _calls.list_requests(filters, cursor), self._patience))

    def list_cases(
        self,
        *,
        procedure: str | None = None,
        opened_by: str | None = None,
        resource: str | None = None,
        stage: str | None = None,
        outcome: str | None = None,
        statute: str | None = None,
        requester: str | None = None,
        provider: str | None = None,
        open: bool | None = None,
        overdue: bool | None = None,
        stuck: bool | None = None,
    ) -> Iterator[Case]:
        """The cases of all procedures that you may see; ``opened_by`` is the id of the case that opened them."""
        filters = {
            **{"procedure": procedure, "opened_by": opened_by, "resource": resource, "stage": stage},
            **{"outcome": outcome, "statute": statute, "requester": requester, "provider": provider},
            **{"open": open, "overdue": overdue, "stuck": stuck},
        }
        return self._driver.each(pages(lambda cursor: _calls.list_cases(filters, cursor), self._patience))

    def worklist(self) -> Iterator[Case]:
        """The cases in which it is your turn."""
        return self._driver.each(pages(_calls.worklist, self._patience))

    # Events of all cases

    def stream(self, after: str | None = None, types: Collection[str] | None = None) -> Iterator[Event]:
        """Events of all cases that you may see, as they happen and without end; reconnects when the connection breaks.

        ``after`` is the ``cursor`` of the last event that you have processed; without it the stream begins with the
        first event. ``types`` are words (``granted``) or full types. Raises Unavailable if the server stays
        unreachable.
        """
        return self._driver.each(stream(after, types, self._patience))

    def feed(self, after: str | None = None, limit: int | None = None, wait: float | None = None) -> Page[Event]:
        """One page of the events of all cases that you may see, oldest first.

        ``after`` is the cursor to continue from, ``limit`` the size of the page, ``wait`` how many seconds the server
        waits for an event before it returns an empty page.

        ``next`` of the page is the cursor for the next one.
        """
        return self._driver.run(ask(_calls.feed(after, limit, wait), self._patience))

    # Papers

    def upload(self, content: Path | bytes, name: str | None = None) -> Attachment:
        """Upload a paper; then name its ``sha256`` in a request's documents. A path has its own name."""
        return self._driver.run(ask(_document_calls.upload(content, name), self._patience))

    def download(self, sha256: str) -> bytes:
        """A paper that your organisation uploaded, or that one of your cases names. Raises NotFound."""
        return self._driver.run(ask(_document_calls.download(sha256), self._patience))

    def documents(self, request_id: str) -> Sequence[Paper]:
        """The papers generated for a case: its form, then its notices."""
        return self._driver.run(ask(_document_calls.documents(request_id), self._patience))

    def document(self, request_id: str, name: str) -> str:
        """One of them, by its ``name``, as a printable HTML page."""
        return self._driver.run(ask(_document_calls.document(request_id, name), self._patience))

    # Law and calendar

    def statutes(self) -> Sequence[Statute]:
        """The regulations under which requests can be filed."""
        return self._driver.run(ask(_calls.statutes(), self._patience))

    def procedures(self) -> Sequence[Procedure]:
        """The procedures: what can be opened, by whom, under which statutes, and the commands."""
        return self._driver.run(ask(_calls.procedures(), self._patience))

    def calendar_due(
        self,
        start: date,
        *,
        working_days: int | None = None,
        months: int | None = None,
        as_known_on: date | None = None,
    ) -> Due:
        """The last day of a limit that starts on a day, in working days or months."""
        return self._driver.run(ask(_calls.calendar_due(start, working_days, months, as_known_on), self._patience))
