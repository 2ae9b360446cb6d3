"""How a case shows itself in Temporal's lists: its search attributes, set when it is started and kept true after."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

from domain.engine.case import Case
from domain.words import ClockState

STUCK_REASON = SearchAttributeKey.for_keyword_list("StuckReason")
"""In which a case says what it waits for: every reason, none when it waits for nothing."""
PROCEDURE = SearchAttributeKey.for_keyword("Procedure")
STAGE = SearchAttributeKey.for_keyword("Stage")
STATUTE = SearchAttributeKey.for_keyword("Statute")
REQUESTER = SearchAttributeKey.for_keyword("Requester")
PROVIDER = SearchAttributeKey.for_keyword("Provider")
DUE_AT = SearchAttributeKey.for_datetime("DueAt")
BREACHED = SearchAttributeKey.for_bool("Breached")

SEARCH_ATTRIBUTES: dict[str, str] = {
    "Procedure": "Keyword",
    "Stage": "Keyword",
    "Statute": "Keyword",
    "Requester": "Keyword",
    "Provider": "Keyword",
    STUCK_REASON.name: "KeywordList",
    "DueAt": "Datetime",
    "Breached": "Bool",
}
"""What a Temporal namespace must know, name and type; the embedded server is started with these."""

FAR = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
"""DueAt of a case with no limit running: sorts last and is never mistaken for a date."""


def search_attributes(case: Case, stuck: Sequence[str] = ()) -> list[SearchAttributePair[Any]]:
    """The attributes of a case as it stands; organisations by code, no personal data."""
    open_clocks = [clock for clock in case.clocks.values() if clock.open]
    breached = any(clock.state is ClockState.BREACHED for clock in open_clocks)
    due = min((clock.due_at for clock in open_clocks), default=FAR)
    return [
        SearchAttributePair(PROCEDURE, case.procedure.value),
        SearchAttributePair(STAGE, case.stage.value),
        SearchAttributePair(STATUTE, case.statute.id),
        SearchAttributePair(REQUESTER, case.requester.code or ""),
        SearchAttributePair(PROVIDER, case.provider.code or ""),
        SearchAttributePair(DUE_AT, due),
        SearchAttributePair(BREACHED, breached),
        *([SearchAttributePair(STUCK_REASON, list(stuck))] if stuck else []),
    ]


def changes(before: TypedSearchAttributes, now: Sequence[SearchAttributePair[Any]]) -> list[SearchAttributeUpdate[Any]]:
    """What makes the attributes of before those of now; only what differs."""
    missing = object()
    changed = [pair.key.value_set(pair.value) for pair in now if before.get(pair.key, missing) != pair.value]
    if before.get(STUCK_REASON) is not None and STUCK_REASON.name not in {pair.key.name for pair in now}:
        changed.append(STUCK_REASON.value_unset())
    return changed
