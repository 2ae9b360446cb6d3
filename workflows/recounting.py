"""After a holiday notice is published, the running limits that it changes are counted again, once."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from domain.engine.deadlines import order_again
    from domain.engine.records import Clock
    from domain.engine.timers import recounted
    from domain.words import ClockState
    from protocol.messages import CalendarNews, CaseOpening, Recount
    from protocol.names import RECOUNT_CLOCKS
    from workflows.recording import Recorder
    from workflows.retries import CALENDAR_TORN, failed_of, tried_patiently, tried_quickly
    from workflows.this_run import ThisRun
    from workflows.timekeeping import Timekeeper
    from workflows.waits import CALENDAR, CALENDAR_UNAVAILABLE, Waits, answered


class Recounts:
    """The notices that a case has been told of and not yet applied, in order; ``news`` is handed to the next run."""

    def __init__(
        self, opening: CaseOpening, recorder: Recorder, time: Timekeeper, waits: Waits, this_run: ThisRun
    ) -> None:
        self.news: list[CalendarNews] = list(opening.snapshot.news) if opening.snapshot else []
        self._opening = opening
        self._recorder = recorder
        self._time = time
        self._waits = waits
        self._this_run = this_run

    async def take_the_first(self) -> None:
        """Apply the oldest notice; it stays in the queue if this run should hand over first."""
        if await self._done(self.news[0]):
            self.news.pop(0)

    async def _done(self, news: CalendarNews) -> bool:
        """Supersede the clocks that a notice changes. False: this run should hand over first; the next one does it."""
        recorder = self._recorder
        at = recorder.received(news.published_at)
        await self._time.pass_time(at)  # a limit that ended before the notice stays ended
        running = [c for c in recorder.case.clocks.values() if c.state is ClockState.RUNNING]
        if not running:
            return True
        fresh = await self._counted_again(
            Recount(
                orders=[order_again(clock) for clock in running],
                known_on=None if self._opening.all_editions else at.date(),
                close_of_business=recorder.case.policy.close_of_business,
            )
        )
        if fresh is None:
            return False
        while True:
            at = recorder.received(news.published_at)  # a command may have been recorded meanwhile
            events = recounted(recorder.case, {c.number: c for c in fresh}, f"calendar:{news.edition}", at)
            if not events or await recorder.record(events):
                return True

    async def _counted_again(self, recount: Recount) -> list[Clock] | None:
        """The clocks counted again: tried quickly, then patiently; with a broken calendar, after an operator's retry.

        None if this run should hand over meanwhile.
        """
        try:
            return await tried_quickly(RECOUNT_CLOCKS, recount, list[Clock])
        except FailureError as error:
            wait, torn = self._waits.begin(CALENDAR), failed_of(error, CALENDAR_TORN)
            wait.park(CALENDAR_UNAVAILABLE)
        while not torn or await wait.retried(lambda: self._this_run.should_continue_as_new):
            why = "count the running limits again when the ledger answers"
            asked = tried_patiently(RECOUNT_CLOCKS, recount, list[Clock], why)
            if not await answered(asked, lambda: self._this_run.should_continue_as_new):
                return None
            try:
                fresh = await asked
            except ActivityError as error:
                torn = failed_of(error, CALENDAR_TORN)
                continue
            wait.over()
            return fresh
        return None
