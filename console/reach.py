"""Which of the cases that a page names can be opened: none leads to one that is not there or not the reader's."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from api.context import AppContext
from api.dependencies import visible_case
from domain.access import Caller
from starter.errors import NotFound


def openable(context: AppContext, caller: Caller, request_ids: Iterable[str]) -> frozenset[str]:
    """Those of a few cases; blocking."""
    return frozenset(_opened(context, caller, request_ids))


def _opened(context: AppContext, caller: Caller, request_ids: Iterable[str]) -> Iterator[str]:
    for request_id in frozenset(request_ids):
        with suppress(NotFound):
            yield visible_case(context, caller, request_id).request_id
