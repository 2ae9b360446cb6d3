"""Errors with which a case refuses: code, article, and the number of the last event that it knows."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.engine.case import Case
    from domain.engine.decision import Refused
    from protocol.errors import BUSY, KEY_REUSED, STALE, RefusalNote, refusal_note


def refused(refusal: Refused, case: Case) -> ApplicationError:
    """A refusal by the rules as an error: its type is the code, its details the article and the last event.

    From that event the door can see whether the ledger was ahead of this case when it refused.
    """
    note = refusal_note(refusal, case.statute.id)
    code = refusal.code.value
    return ApplicationError(code, note, case.head, type=code, non_retryable=True)


def key_reused(why: str) -> ApplicationError:
    """The caller's key was already used for something else."""
    return ApplicationError(why, type=KEY_REUSED, non_retryable=True)


def stale(case: Case) -> ApplicationError:
    """The command was meant for an earlier state of the case."""
    note = RefusalNote(code=STALE, details={"head": case.head})
    return ApplicationError("the case has moved on", note, case.head, type=STALE, non_retryable=True)


def busy() -> ApplicationError:
    """Neither refused nor done: the door asks again."""
    return ApplicationError("a step of this case is being recorded; ask again", type=BUSY)
