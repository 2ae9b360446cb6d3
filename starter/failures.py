"""What went wrong between a client and the engine, in the caller's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from temporalio.exceptions import ApplicationError

from domain.cases.turn import Refused
from domain.side_effects import KEY_REUSED, STALE, RefusalNote
from starter.errors import InvalidInput, KeyReused, RequestRefused, Stale, Unavailable


def refusal_of(refusal: Refused, statute: str) -> RequestRefused:
    """A refusal of the rules, as it is raised at a door."""
    return RequestRefused(
        refusal.code.value, refusal.article, refusal.statute or statute, refusal.details, refusal.statute
    )


def known_error(error: Exception) -> Exception:
    """The error behind a failed update, in the caller's words."""
    cause = getattr(error, "cause", None)
    if not isinstance(cause, ApplicationError):
        return Unavailable(f"The engine failed: {cause or error}")
    if cause.type == KEY_REUSED:
        return KeyReused("The key was used before for something else.")
    if cause.type == STALE:
        return Stale("The case has moved on since you looked at it: look again.")
    if cause.type == "invalid_command":
        return InvalidInput(cause.message)
    if cause.details:
        raw = cause.details[0]
        note = raw if isinstance(raw, RefusalNote) else RefusalNote.model_validate(raw)
        return RequestRefused(note.code, note.article, note.statute, note.details, note.regulation)
    return Unavailable(f"The engine failed: {cause.message}")


def not_answering(error: Exception) -> str:
    """The sentence for an engine that is busy or away."""
    said = f" ({error})" if str(error) else ""
    return f"The engine does not answer{said}; ask again with the same key."


@contextmanager
def ledger_answers() -> Iterator[None]:
    """A database that is away, restarting or overrun is a reason to ask again, not an error of the caller's."""
    try:
        yield
    except (DBAPIError, NoConnection) as error:
        raise Unavailable("The database does not answer; ask again with the same key.") from error
