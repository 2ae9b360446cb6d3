"""What led to a case and what followed from it (需求→申请→授权→整改), as far as somebody may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.context import AppContext
from api.dependencies import visible_case
from domain.access import Caller
from domain.words import EventType
from ledger.queries.views import CaseDetail
from starter.errors import NotFound

MOST_CASES: Final = 30
"""So many cases of a chain are told."""


@dataclass(frozen=True)
class ChainLink:
    """A case of the chain; ``depth`` counts from the first, which nothing visible led to."""

    case: CaseDetail
    depth: int


def chain_of(context: AppContext, caller: Caller, case: CaseDetail) -> Sequence[ChainLink]:
    """The chain that a case stands in, each case followed by those that it opened; blocking."""
    first = case
    for _ in range(MOST_CASES):
        before = _seen(context, caller, first.opened_by)
        if before is None:
            break
        first = before
    found: list[ChainLink] = []
    ahead = [ChainLink(first, 0)]
    while ahead and len(found) < MOST_CASES:
        link = ahead.pop()
        found.append(link)
        opened = context.reader.openings(link.case.request_id, link.case.seq)
        names = [event.data.get("request_id") for event in opened if event.type is EventType.CASE_OPENED]
        known = {each.case.request_id for each in (*found, *ahead)}
        following = [_seen(context, caller, name) for name in names[:MOST_CASES] if name not in known]
        ahead += [ChainLink(each, link.depth + 1) for each in reversed(following) if each is not None]
    return found


def _seen(context: AppContext, caller: Caller, request_id: str | None) -> CaseDetail | None:
    """A case that the caller may see; None for all others."""
    if request_id is None:
        return None
    try:
        return visible_case(context, caller, request_id)
    except NotFound:
        return None
