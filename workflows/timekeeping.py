"""Time in a case: sleep until the next instant that is due, then record what time brings."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.engine.timers import Instant
    from procedures.registry import advance
    from workflows import instants
    from workflows.labels import wait_summary
    from workflows.recording import Recorder

LONGEST_TIMER = timedelta(days=36_500)
"""The server counts in nanoseconds, up to the year 2262; longer waits take several timers."""


class Alarm:
    """A running timer of the server; ``until`` is in the case's time."""

    def __init__(self, until: datetime, left: timedelta, summary: str) -> None:
        self.until = until
        self._task = asyncio.create_task(workflow.sleep(max(left, timedelta(milliseconds=1)), summary=summary))

    @property
    def rung(self) -> bool:
        """Whether the timer has fired."""
        return self._task.done()

    def cancel(self) -> None:
        """Cancel the timer."""
        self._task.cancel()


class Timekeeper:
    """Wakes a case when its next instant is due.

    At most one timer runs, and it fires no later than the next instant is due. If that instant moves further away the
    timer is kept, and set again when it fires; so most commands cost no timer at all.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._alarm: Alarm | None = None

    async def sleep(self, called: Callable[[], bool]) -> None:
        """Sleep until the next instant is due, and process it; or until it or the stage changes, or ``called``."""
        recorder = self._recorder
        instant, stage = recorder.next, recorder.case.stage
        due = self._set_for(instant) if instant is not None else None

        def woken() -> bool:
            moved = called() or recorder.next != instant or recorder.case.stage is not stage
            return moved or (instant is not None and self._has_rung)

        await workflow.wait_condition(woken)
        if instant is not None and due is not None and self._has_rung and instants.now(recorder.opening) >= due:
            await self.pass_time(instant.at)

    def _set_for(self, instant: Instant) -> datetime:
        """Make sure that a timer fires no later than an instant is due, and return when that is.

        That is later by a grace period, in which a command received within the limit can still arrive.
        """
        recorder = self._recorder
        due = instant.at + timedelta(seconds=recorder.case.policy.receipt_grace_seconds)
        alarm = self._alarm
        if alarm is not None and (alarm.rung or alarm.until > due):
            alarm.cancel()
            alarm = None
        if alarm is None:
            left = due - instants.now(recorder.opening)
            until = min(due, instants.now(recorder.opening) + LONGEST_TIMER)
            self._alarm = Alarm(until, min(left, LONGEST_TIMER), wait_summary(recorder.case, instant))
        return due

    @property
    def _has_rung(self) -> bool:
        return self._alarm is not None and self._alarm.rung

    async def pass_time(self, until: datetime) -> None:
        """Record everything that time brings until then."""
        while True:
            await self._recorder.until_idle()
            events = advance(self._recorder.case, until)[1]
            if not events or await self._recorder.record(events):
                return
