"""All SQL of Shareflow except that of webhooks: one function for each query and each change."""

from ledger.queries.cases import case_by_filing_key, get_case, list_cases, worklist
from ledger.queries.confirmed import confirm, heads_parked_for, heads_unconfirmed
from ledger.queries.counting import counts
from ledger.queries.events import (
    events_by_caller_key,
    events_by_key,
    events_of,
)
from ledger.queries.messages import messages_after
from ledger.queries.operations import park, parked_are, parked_now, unpark
from ledger.queries.views import CaseDetail, CaseFilter, CaseSummary, Counts, Head, OutboxMessage, Page, WorklistFilter

__all__ = [
    "CaseDetail",
    "CaseFilter",
    "CaseSummary",
    "Counts",
    "Head",
    "OutboxMessage",
    "Page",
    "WorklistFilter",
    "case_by_filing_key",
    "confirm",
    "counts",
    "events_by_caller_key",
    "events_by_key",
    "events_of",
    "get_case",
    "heads_parked_for",
    "heads_unconfirmed",
    "list_cases",
    "messages_after",
    "park",
    "parked_are",
    "parked_now",
    "unpark",
    "worklist",
]
