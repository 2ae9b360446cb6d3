"""Waits for something that nobody in the procedure can provide; each has its own reason and its own retry.

A case may have several waits at once: for the ledger to take a step, for another case to be opened, for a usable
calendar. They are independent: a wait that ends removes only its own reason, and a retry without a reason reaches all
of them.
"""

from collections.abc import Callable
from typing import Any

from temporalio import workflow

LEDGER, CALENDAR, OPENING, OTHER_CASE = "ledger", "calendar", "opening", "other_case"
"""Things to wait for."""
LEDGER_UNAVAILABLE = "ledger_unavailable"
CALENDAR_UNAVAILABLE = "calendar_unavailable"
"""Values of StuckReason, besides LEDGER_CONFLICT and OTHER_CASE_UNAVAILABLE."""


def never() -> bool:
    """No other condition ends the wait."""
    return False


async def answered(asked: workflow.ActivityHandle[Any], unless: Callable[[], bool]) -> bool:
    """Wait for an activity that was started; False if ``unless`` became true first."""
    await workflow.wait_condition(lambda: asked.done() or unless())
    return asked.done()


class Wait:
    """One wait: it may be parked with a reason, is retried, and ends."""

    def __init__(self, what: str, among: "Waits") -> None:
        self.what = what
        self.reason: str | None = None
        self._among = among
        self._again = False

    def park(self, reason: str) -> None:
        """Show the wait to operators, with its reason."""
        self.reason = reason
        self._among.parked(self)

    def over(self) -> None:
        """End the wait: it was successful."""
        self.reason = None
        self._among.ended(self)

    def try_again(self) -> None:
        """An operator asks for a retry; remembered if one is in progress."""
        self._again = True

    async def retried(self, unless: Callable[[], bool] = never) -> bool:
        """Wait until an operator asks for a retry; False if ``unless`` became true first."""
        await workflow.wait_condition(lambda: self._again or unless())
        said, self._again = self._again, False
        return said


class Waits:
    """All waits of one case; ``changed`` is called whenever the reasons change."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._parked: list[Wait] = []
        self._shown: tuple[str, ...] = ()

    def begin(self, what: str) -> Wait:
        """A new wait, not parked yet."""
        return Wait(what, self)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons why the case is stuck, oldest first, each once; empty if it is not."""
        return tuple(dict.fromkeys(wait.reason for wait in self._parked if wait.reason is not None))

    def hold(self, *what: str) -> bool:
        """Whether a wait for one of these is parked."""
        return any(wait.what in what for wait in self._parked)

    def retry(self, reason: str | None = None) -> None:
        """Retry all parked waits, or those with this reason."""
        for wait in self._parked:
            if reason is None or wait.reason == reason:
                wait.try_again()

    def parked(self, wait: Wait) -> None:
        """Called by a wait that was parked."""
        if wait not in self._parked:
            self._parked.append(wait)
        self._tell()

    def ended(self, wait: Wait) -> None:
        """Called by a wait that ended."""
        if wait in self._parked:
            self._parked.remove(wait)
        self._tell()

    def _tell(self) -> None:
        if self.reasons != self._shown:
            self._shown = self.reasons
            self._changed()
