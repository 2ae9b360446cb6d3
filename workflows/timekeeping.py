"""Time in a case: one timer to the next instant that matters, and what time alone has done when it comes."""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from procedures.registry import advance
    from workflows import instants
    from workflows.labels import wait_summary
    from workflows.recording import Recorder

LONGEST_TIMER = timedelta(days=36_500)
"""The server counts a timer in nanoseconds up to the year 2262; a case asks again when one has ended."""


class Timekeeper:
    """Wakes a case when its time has come."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def sleep(self, called: Callable[[], bool]) -> None:
        """Until the next instant that matters, a change of that instant or of the stage, or until ``called``."""
        recorder = self._recorder
        instant, stage = recorder.next, recorder.case.stage

        def woken() -> bool:
            return called() or recorder.next != instant or recorder.case.stage is not stage

        if instant is None:
            await workflow.wait_condition(woken)
            return
        # A command received inside the limit may still be on its way: the timer lets it arrive.
        grace = timedelta(seconds=recorder.case.policy.receipt_grace_seconds)
        left = instant.at - instants.now(recorder.opening) + grace
        try:
            await workflow.wait_condition(
                woken,
                timeout=min(max(left, timedelta(milliseconds=1)), LONGEST_TIMER),
                timeout_summary=wait_summary(recorder.case, instant),
            )
        except TimeoutError:
            if left <= LONGEST_TIMER:
                await self.pass_time(instant.at)

    async def pass_time(self, until: datetime) -> None:
        """Record what time alone has done until then."""
        while True:
            await self._recorder.until_idle()
            events = advance(self._recorder.case, until)[1]
            if not events or await self._recorder.record(events):
                return
