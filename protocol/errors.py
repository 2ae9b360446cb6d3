"""Errors between a case and its callers: error types, and refusals with their article."""

from collections.abc import Mapping
from typing import Any

from temporalio.exceptions import ApplicationError

from domain.engine.decision import Refused
from protocol.messages import Message

KEY_REUSED = "key_reused"
"""The error type of a key that was already used for something else."""
STALE = "stale"
"""The error type of a command that was meant for an earlier state of the case."""
ROUND_INCOMPLETE = "round_incomplete"
"""The error type of a round that could not open everything; its details are the round's result."""
CANNOT_BE_PLANNED = "round_cannot_be_planned"
"""The error type of a round that cannot be planned: ever, or until a file is corrected."""
OVERTAKEN = "AcceptedUpdateCompletedWorkflow"
"""Temporal's error type of an update that was running when its case ended; the ledger knows its result."""
PASSED_OVER = "UnprocessedUpdate"
"""Temporal's error type of an update that no worker processed, so that nothing was done."""
BUSY = "busy"
"""The error type of a case that is recording a step: neither refused nor done, ask again in a moment."""
LEDGER_CONFLICT = "LedgerConflict"
"""The error type of a step that contradicts the ledger: no retry will help, an operator must act."""
OTHER_CASE_UNAVAILABLE = "other_case_unavailable"
"""The stuck reason of a case that waits for another; followed by a colon and the code if that one refuses."""


class RefusalNote(Message):
    """Why a filing or command was refused, in the details of an error.

    ``statute`` is the regulation of the article: the case's own statute, or one above it, which ``regulation`` then
    names too.
    """

    code: str
    article: str | None = None
    quote: str | None = None
    statute: str | None = None
    regulation: str | None = None
    details: Mapping[str, Any] = {}


def refusal_note(refusal: Refused, statute: str) -> RefusalNote:
    """The note of a refusal by the rules, in a case under a statute."""
    return RefusalNote(
        code=refusal.code.value,
        article=refusal.article,
        quote=refusal.clause.quote if refusal.clause else None,
        statute=refusal.statute or statute,
        regulation=refusal.statute,
        details=dict(refusal.details),
    )


def told_by_the_case(error: BaseException) -> ApplicationError | None:
    """The error with which a case failed an update or ended; None if the caller may ask again.

    ``error`` is temporalio's WorkflowUpdateFailedError or WorkflowFailureError. Callers may ask again after BUSY,
    OVERTAKEN and PASSED_OVER.
    """
    cause = getattr(error, "cause", None)
    if not isinstance(cause, ApplicationError) or cause.type in (BUSY, OVERTAKEN, PASSED_OVER):
        return None
    return cause
