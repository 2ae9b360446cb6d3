"""What a comparison finds (差异): in what Temporal, the ledger and the archive differ over a case."""

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True)
class CompareFinding:
    """What is not as it should be with a case, in one sentence. ``run_id``: with which run of it.

    ``lacking``: what one of the two lacks of it, where it is older. ``of``: which of its events or runs.
    """

    kind: Discrepancy
    request_id: str
    says: str
    run_id: str | None = None
    lacking: Lacking | None = None
    of: tuple[int | str, ...] = ()

    @property
    def to_do(self) -> str:
        """What an operator does about it, in one sentence."""
        return label("compared_to_do", self.kind, "en")
