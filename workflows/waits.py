"""What holds a case up that nobody in its procedure can give: each wait has its own reason and its own retry.

A case may wait for several things at once: for the ledger to take a step, for another case to be opened beside, for a
calendar that can be counted with. None of them speaks for another: one that is over takes away its own reason alone,
and whoever says that all may be tried again is heard by every one of them.
"""

from collections.abc import Callable
from typing import Any

from temporalio import workflow

LEDGER, CALENDAR, OPENING, OTHER_CASE = "ledger", "calendar", "opening", "other_case"
"""What is waited for."""
LEDGER_UNAVAILABLE = "ledger_unavailable"
CALENDAR_UNAVAILABLE = "calendar_unavailable"
"""Why a case is stuck, besides LEDGER_CONFLICT and OTHER_CASE_UNAVAILABLE: what StuckReason has."""


def never() -> bool:
    """Nothing else ends a wait."""
    return False


async def answered(asked: workflow.ActivityHandle[Any], unless: Callable[[], bool]) -> bool:
    """Wait for an activity that was begun; False when ``unless`` came first."""
    await workflow.wait_condition(lambda: asked.done() or unless())
    return asked.done()


class Wait:
    """One thing that is waited for. It is parked with a reason, tried again, and over."""

    def __init__(self, what: str, among: "Waits") -> None:
        self.what = what
        self.reason: str | None = None
        self._among = among
        self._again = False

    def park(self, reason: str) -> None:
        """Say where operators look why it does not come."""
        self.reason = reason
        self._among.parked(self)

    def over(self) -> None:
        """It has come."""
        self.reason = None
        self._among.ended(self)

    def try_again(self) -> None:
        """An operator has mended what this waits for. Heard also while it is being tried, and then kept."""
        self._again = True

    async def retried(self, unless: Callable[[], bool] = never) -> bool:
        """Wait until an operator says to try again; False when ``unless`` came first."""
        await workflow.wait_condition(lambda: self._again or unless())
        said, self._again = self._again, False
        return said


class Waits:
    """All that one case waits for. ``changed`` is called whenever the reasons are others than before."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._parked: list[Wait] = []
        self._shown: tuple[str, ...] = ()

    def begin(self, what: str) -> Wait:
        """A wait that is not parked yet."""
        return Wait(what, self)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the case is held up, the oldest first, each reason once; empty when it is not."""
        return tuple(dict.fromkeys(wait.reason for wait in self._parked if wait.reason is not None))

    def hold(self, *what: str) -> bool:
        """Whether one of these is parked."""
        return any(wait.what in what for wait in self._parked)

    def retry(self, reason: str | None = None) -> None:
        """Let every wait that is parked, or every one for this reason, be tried again."""
        for wait in self._parked:
            if reason is None or wait.reason == reason:
                wait.try_again()

    def parked(self, wait: Wait) -> None:
        """A wait has been given a reason."""
        if wait not in self._parked:
            self._parked.append(wait)
        self._tell()

    def ended(self, wait: Wait) -> None:
        """A wait is over."""
        if wait in self._parked:
            self._parked.remove(wait)
        self._tell()

    def _tell(self) -> None:
        if self.reasons != self._shown:
            self._shown = self.reasons
            self._changed()
