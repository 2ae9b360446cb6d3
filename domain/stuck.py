"""Stuck cases and components (卡住的流程): kinds of trouble, remedies, and the results of remedies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class StuckKind(StrEnum):
    """What kind of trouble it is; the words are those of the catalogue (kind ``stuck_kind``)."""

    OVERDUE = "overdue"
    PARKED = "parked"
    OPENING_WAITS = "opening_waits"
    TASK_FAILING = "task_failing"
    ACTIVITY_RETRYING = "activity_retrying"
    NO_WORKER = "no_worker"
    VERSION_WITHOUT_WORKER = "version_without_worker"
    MISSING = "missing"
    WEBHOOK_UNDELIVERED = "webhook_undelivered"


class Remedy(StrEnum):
    """What an operator may do about it; none touches the merits of a case."""

    RETRY = "retry"
    RESET = "reset"
    NOTE = "note"
    HAND_OVER = "hand_over"


_LOOKED_AFTER: Final = (Remedy.NOTE, Remedy.HAND_OVER)
_MENDED: Final = (Remedy.RETRY, Remedy.RESET, *_LOOKED_AFTER)
REMEDIES: Final[Mapping[StuckKind, tuple[Remedy, ...]]] = {
    StuckKind.OVERDUE: _LOOKED_AFTER,
    StuckKind.PARKED: _MENDED,
    StuckKind.OPENING_WAITS: _MENDED,
    StuckKind.TASK_FAILING: _MENDED,
    StuckKind.ACTIVITY_RETRYING: _MENDED,
    StuckKind.NO_WORKER: _LOOKED_AFTER,
    StuckKind.VERSION_WITHOUT_WORKER: _LOOKED_AFTER,
    StuckKind.MISSING: (Remedy.RESET, *_LOOKED_AFTER),
    StuckKind.WEBHOOK_UNDELIVERED: (Remedy.RETRY, *_LOOKED_AFTER),
}
"""The remedies for each kind of trouble. If people are late or no worker runs, there is nothing to retry or reset."""


MACHINERY: Final = frozenset(StuckKind) - {StuckKind.OVERDUE}
"""Kinds that operators can mend; for the others, the people of the case must act."""


class RemedyResult(StrEnum):
    """What came of a remedy, looked at afterwards."""

    RECOVERED = "recovered"
    STILL_STUCK = "still_stuck"
    NOT_EXECUTED = "not_executed"


class BatchState(StrEnum):
    """Where a batch of retries stands. The list is frozen when it is prepared, and carried out once it is confirmed."""

    PREPARED = "prepared"
    RUNNING = "running"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    FINISHED = "finished"


LARGEST_BATCH: Final = 1_000
"""The most subjects in one batch; it takes those that have been stuck longest."""


@dataclass(frozen=True)
class Trouble:
    """One reason for which one subject does not move.

    ``subject`` is a case's id; else ``queue:NAME``, ``version:NAME``, ``webhook:ID``, or the id of whatever runs and
    carries no case. ``cause`` is alike for all that share it. ``error`` is the last error, whole; ``waits_on`` the case
    that is waited for. ``since`` is None where it is seen for the first time, ``looked`` says that it was looked into.
    """

    subject: str
    kind: StuckKind
    reason: str
    cause: str
    error: str | None = None
    waits_on: str | None = None
    since: datetime | None = None
    looked: bool = True


@dataclass(frozen=True)
class Remedied:
    """The result of a remedy. ``why``: the reason for which it is still stuck, or for which nothing was done."""

    result: RemedyResult
    why: str = ""


def cause_of(*parts: str) -> str:
    """The key of a cause, common to all subjects that share it, in characters that are safe in a URL."""
    return re.sub(r"[^A-Za-z0-9_.:/-]+", "-", ":".join(parts))[:LONGEST_CAUSE]


LONGEST_CAUSE: Final = 64
WEBHOOK: Final = "webhook:"
QUEUE: Final = "queue:"
VERSION: Final = "version:"
"""Prefixes of subjects that are not cases."""
