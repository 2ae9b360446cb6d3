"""Outcomes of sending a notification, as far as they can be known."""

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """The fate of a message: delivered, certainly not delivered (retry), refused, or unknown."""

    SENT = "sent"
    NOT_TAKEN = "not_taken"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SendingOutcome:
    """The fate of a message and, unless it was delivered, what the other side said."""

    fate: Fate
    error: str | None = None


SENT = SendingOutcome(Fate.SENT)
LONGEST_ERROR = 300


def outcome_of(fate: Fate, error: object) -> SendingOutcome:
    """An outcome with what went wrong, on one line and cut to a length."""
    return SendingOutcome(fate, " ".join(str(error).split())[:LONGEST_ERROR])
