"""How what goes wrong travels between a case and whoever asked: types of errors, and a refusal with its article."""

from collections.abc import Mapping
from typing import Any

from temporalio.exceptions import ApplicationError

from domain.engine.decision import Refused
from protocol.messages import Message

KEY_REUSED = "key_reused"
"""The error type of a filing under a key that files something else."""


STALE = "stale"
"""The error type of a command that was meant for an earlier state of the case."""


ROUND_INCOMPLETE = "round_incomplete"
"""The error type of a round that could not open everything; its details are the round's result."""


CANNOT_BE_PLANNED = "round_cannot_be_planned"
"""The error type of a round that cannot be planned: for good, or until a file is mended."""


OVERTAKEN = "AcceptedUpdateCompletedWorkflow"
"""Temporal's error type of a command that was under way when its case ended: the ledger knows what came of it."""


PASSED_OVER = "UnprocessedUpdate"
"""Temporal's error type of a command that no worker took up, such as one that was lost as it came: nothing was done."""


BUSY = "busy"
"""A step of this case is being recorded: ask again in a moment. Nothing was refused and nothing done."""


LEDGER_CONFLICT = "LedgerConflict"
"""The error type of a step that contradicts the ledger: no retry will help, an operator must look."""


OTHER_CASE_UNAVAILABLE = "other_case_unavailable"
"""Why a case is held up that waits for another one; with a colon and the code where that one refuses."""


class RefusalNote(Message):
    """Why a filing or command was refused, as it travels in an error's details.

    ``statute`` is the regulation in which the article stands, else the case's; ``regulation`` is there only when
    that is one above the case's own statute.
    """

    code: str
    article: str | None = None
    quote: str | None = None
    statute: str | None = None
    regulation: str | None = None
    details: Mapping[str, Any] = {}


def refusal_note(refusal: Refused, statute: str) -> RefusalNote:
    """A refusal by the rules in a case under a statute, as it travels."""
    return RefusalNote(
        code=refusal.code.value,
        article=refusal.article,
        quote=refusal.clause.quote if refusal.clause else None,
        statute=refusal.statute or statute,
        regulation=refusal.statute,
        details=dict(refusal.details),
    )


def told_by_the_case(error: BaseException) -> ApplicationError | None:
    """What a case said when it failed an update or ended; None where whoever asked may ask again.

    ``error`` is temporalio's WorkflowUpdateFailedError or WorkflowFailureError. A step that is being recorded
    passes, and so does an update that was overtaken by the end of its case, or that no worker took up.
    """
    cause = getattr(error, "cause", None)
    if not isinstance(cause, ApplicationError) or cause.type in (BUSY, OVERTAKEN, PASSED_OVER):
        return None
    return cause
