"""What a comparison finds (差异): in what Temporal, the ledger and the archive differ over a case."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from background.archive.lacking import Lacking
from domain.messages import label


class Discrepancy(StrEnum):
    """In what Temporal, the ledger and the archive differ."""

    MISSING = "missing"
    EXTRA = "extra"
    ENDED = "ended"
    RUNNING = "running"
    BEHIND = "behind"
    AHEAD = "ahead"
    REWRITTEN = "rewritten"
    UNARCHIVED = "unarchived"
    GONE = "gone"
    DAMAGED = "damaged"
    LOST = "lost"
    UNRECORDED = "unrecorded"
    ALTERED = "altered"
    UNSENT = "unsent"
    PAPER = "paper"


@dataclass(frozen=True)
class Alteration:
    """A value in the current state of a case that its events do not give.

    ``field`` is its place, such as ``stage`` or ``clocks.2.state``; ``was`` what stands there and ``gives`` what the
    events give, as JSON values; ``says`` the same in words.
    """

    field: str
    was: Any
    gives: Any
    says: str

    @property
    def as_data(self) -> dict[str, Any]:
        """As it is recorded with a repair."""
        return {"field": self.field, "was": self.was, "gives": self.gives}


@dataclass(frozen=True)
class CompareFinding:
    """What is not as it should be with a case, in one sentence. ``run_id``: with which run of it.

    ``lacking``: what one of the two lacks of it, where it is older. ``of``: which of its events, runs or papers.
    ``alterations``: what of its state was altered.
    """

    kind: Discrepancy
    request_id: str
    says: str
    run_id: str | None = None
    lacking: Lacking | None = None
    of: tuple[int | str, ...] = ()
    alterations: tuple[Alteration, ...] = ()

    @property
    def to_do(self) -> str:
        """What an operator does about it, in one sentence."""
        return label("compared_to_do", self.kind, "en")
