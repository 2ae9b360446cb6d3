"""Translates errors of Temporal and the ledger into the errors of doors."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import TerminatedError
from temporalio.service import RPCError, RPCStatusCode

from domain.engine.decision import Refused
from ledger.failures import DATABASE_FAILED
from protocol.errors import KEY_REUSED, STALE, RefusalNote, told_by_the_case
from starter.errors import EngineError, InvalidInput, KeyReused, NeedsOperator, RequestRefused, Stale, Unavailable

FINAL = frozenset(
    {
        RPCStatusCode.INVALID_ARGUMENT,
        RPCStatusCode.ALREADY_EXISTS,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.OUT_OF_RANGE,
        RPCStatusCode.UNIMPLEMENTED,
        RPCStatusCode.DATA_LOSS,
    }
)
"""Statuses of Temporal for which a retry gives the same answer."""
NO_MORE_UPDATES = "total number of distinct updates"
"""Temporal's message that a run has reached its limit of updates, under a status that is otherwise temporary."""


def refusal_of(refusal: Refused, statute: str) -> RequestRefused:
    """The error of a door for a refusal by the rules."""
    return RequestRefused(
        refusal.code.value, refusal.article, refusal.statute or statute, refusal.details, refusal.statute
    )


def known_error(error: Exception) -> Exception:
    """The error of a door for a failed update."""
    ended = getattr(error, "cause", None)
    if isinstance(ended, TerminatedError):
        return NeedsOperator(f"The case's workflow was ended from outside; an operator must look ({ended.message}).")
    cause = told_by_the_case(error)
    if cause is None:
        return Unavailable(f"The engine failed ({ended or error}); ask again with the same key.")
    if cause.type == KEY_REUSED:
        return KeyReused("The key was used before for something else.")
    if cause.type == STALE:
        return Stale("The case has moved on since you looked at it: look again.")
    if cause.type == "invalid_command":
        return InvalidInput(cause.message)
    if cause.details:
        raw = cause.details[0]
        note = raw if isinstance(raw, RefusalNote) else RefusalNote.model_validate(raw)
        return refused_by(note)
    return NeedsOperator(f"The engine failed ({cause.message}); asking again does not help, an operator must look.")


def refused_by(note: RefusalNote) -> RequestRefused:
    """The error of a door for a refusal in the details of an error."""
    return RequestRefused(note.code, note.article, note.statute, note.details, note.regulation)


def is_final(error: RPCError) -> bool:
    """Whether a retry would give the same answer."""
    return error.status in FINAL or NO_MORE_UPDATES in error.message


def not_answering(error: Exception) -> EngineError:
    """The error for an engine that is busy, unavailable, or will never do it."""
    said = f" ({error})" if str(error) else ""
    if isinstance(error, RPCError) and is_final(error):
        return NeedsOperator(f"The engine cannot do it{said}; asking again does not help, an operator must look.")
    return Unavailable(f"The engine does not answer{said}; ask again with the same key.")


@contextmanager
def ledger_answers() -> Iterator[None]:
    """Turn errors of an unavailable database within the block into Unavailable, so that callers ask again."""
    try:
        yield
    except DATABASE_FAILED as error:
        raise Unavailable("The database does not answer; ask again with the same key.") from error
