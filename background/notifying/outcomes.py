"""What came of sending a notification, as far as one can know."""

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """Where a message is: with its recipient, surely not there and worth another try, refused, or nobody knows."""

    SENT = "sent"
    NOT_TAKEN = "not_taken"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SendingOutcome:
    """The fate of a message, and what the other side said where it is not a good one."""

    fate: Fate
    error: str | None = None


SENT = SendingOutcome(Fate.SENT)
LONGEST_ERROR = 300


def outcome_of(fate: Fate, error: object) -> SendingOutcome:
    """An outcome with what went wrong, on one line and not too long."""
    return SendingOutcome(fate, " ".join(str(error).split())[:LONGEST_ERROR])
