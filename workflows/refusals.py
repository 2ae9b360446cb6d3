"""How a case says no: with the code, the article, and the last event that it knows. A no leaves no trace."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.engine.case import Case
    from domain.engine.decision import Refused
    from protocol.errors import BUSY, KEY_REUSED, STALE, RefusalNote, refusal_note


def refused(refusal: Refused, case: Case) -> ApplicationError:
    """A refusal by the rules as an error: its type is the code, its details the article and the last event.

    By that event the caller's client sees whether the ledger was ahead of this case when it refused.
    """
    note = refusal_note(refusal, case.statute.id)
    code = refusal.code.value
    return ApplicationError(code, note, case.head, type=code, non_retryable=True)


def key_reused(why: str) -> ApplicationError:
    """A caller's key stands for something else already."""
    return ApplicationError(why, type=KEY_REUSED, non_retryable=True)


def stale(case: Case) -> ApplicationError:
    """What was asked was meant for an earlier state of the case."""
    note = RefusalNote(code=STALE, details={"head": case.head})
    return ApplicationError("the case has moved on", note, case.head, type=STALE, non_retryable=True)


def busy() -> ApplicationError:
    """Nothing was refused and nothing done: the client asks again."""
    return ApplicationError("a step of this case is being recorded; ask again", type=BUSY)
