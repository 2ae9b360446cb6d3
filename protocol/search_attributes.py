"""How a case is found in Temporal's lists: its search attributes.

Who and what a case is about is set when it is started and stays; where it stands is the ledger's to list. One attribute
changes: why a case does not move.
"""

from collections.abc import Sequence
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

from domain.engine.case import Case

STUCK_REASON = SearchAttributeKey.for_keyword_list("StuckReason")
"""In which a case says what it waits for: every reason, none when it waits for nothing."""
PROCEDURE = SearchAttributeKey.for_keyword("Procedure")
STATUTE = SearchAttributeKey.for_keyword("Statute")
REQUESTER = SearchAttributeKey.for_keyword("Requester")
PROVIDER = SearchAttributeKey.for_keyword("Provider")

SEARCH_ATTRIBUTES: dict[str, str] = {
    PROCEDURE.name: "Keyword",
    STATUTE.name: "Keyword",
    REQUESTER.name: "Keyword",
    PROVIDER.name: "Keyword",
    STUCK_REASON.name: "KeywordList",
}
"""What a Temporal namespace must know, name and type; the embedded server is started with these."""


def search_attributes(case: Case) -> list[SearchAttributePair[Any]]:
    """The attributes that a case is started with; organisations by code, no personal data."""
    return [
        SearchAttributePair(PROCEDURE, case.procedure.value),
        SearchAttributePair(STATUTE, case.statute.id),
        SearchAttributePair(REQUESTER, case.requester.code or ""),
        SearchAttributePair(PROVIDER, case.provider.code or ""),
    ]


def change_of_reasons(before: TypedSearchAttributes, stuck: Sequence[str]) -> SearchAttributeUpdate[Any] | None:
    """What makes the reasons that were shown those of now; None where they are."""
    shown = before.get(STUCK_REASON)
    if list(shown or ()) == list(stuck):
        return None
    return STUCK_REASON.value_set(list(stuck)) if stuck else STUCK_REASON.value_unset()
