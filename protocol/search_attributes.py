"""The search attributes of a case in Temporal.

Procedure, statute and parties are set when a case is started and never change; the ledger lists cases by stage. One
attribute changes: why a case is stuck.
"""

from collections.abc import Sequence
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

from domain.engine.case import Case

STUCK_REASON = SearchAttributeKey.for_keyword_list("StuckReason")
"""The reasons why a case is stuck; unset if it is not."""
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
"""The search attributes that a Temporal namespace must have, by name and type; the embedded server starts with them."""


def search_attributes(case: Case) -> list[SearchAttributePair[Any]]:
    """The attributes with which a case is started; organisations by code, no personal data."""
    return [
        SearchAttributePair(PROCEDURE, case.procedure.value),
        SearchAttributePair(STATUTE, case.statute.id),
        SearchAttributePair(REQUESTER, case.requester.code or ""),
        SearchAttributePair(PROVIDER, case.provider.code or ""),
    ]


def change_of_reasons(before: TypedSearchAttributes, stuck: Sequence[str]) -> SearchAttributeUpdate[Any] | None:
    """The update that shows the current reasons; None if they are shown already."""
    shown = before.get(STUCK_REASON)
    if list(shown or ()) == list(stuck):
        return None
    return STUCK_REASON.value_set(list(stuck)) if stuck else STUCK_REASON.value_unset()
