"""Activities on the ledger and the calendar; they run in threads, because the database driver is synchronous."""

from collections.abc import Callable, Sequence
from datetime import date, time
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.calendar import Calendar, CalendarError
from domain.engine.deadlines import resolve
from domain.engine.records import Clock, ClockOrder, Step, StepResult
from domain.evidence import Algorithm
from ledger.calendar_store import CalendarStore
from ledger.engine import Engine
from ledger.errors import CalendarChanged, LedgerConflict
from ledger.recording import ResolveClock, record_step
from protocol.errors import LEDGER_CONFLICT
from protocol.messages import Recount
from protocol.names import RECORD_STEP, RECOUNT_CLOCKS


class LedgerSteps:
    """The activities of one worker, with its ledger, calendar and digest algorithm.

    ``calendar`` is the packaged one; editions stored in the ledger join it. A thread in the database is not interrupted
    on a timeout: the step is recorded or not, and the retry finds out which.
    """

    def __init__(self, engine: Engine, calendar: Calendar, algorithm: Algorithm = "sm3") -> None:
        self._engine = engine
        self._calendar = CalendarStore(engine, calendar)
        self._algorithm: Algorithm = algorithm

    def all(self) -> Sequence[Callable[..., Any]]:
        """Every activity, for the worker to register."""
        return [self.record_step, self.recount_clocks]

    @activity.defn(name=RECORD_STEP, no_thread_cancel_exception=True)
    def record_step(self, step: Step) -> StepResult:
        """Write a step to the ledger: once, however often it is called (case and seq identify it)."""
        try:
            while True:
                editions, calendar = self._calendar.known
                try:
                    return record_step(self._engine, step, _by(calendar), self._algorithm, editions)
                except CalendarChanged:
                    self._calendar.now()
        except (LedgerConflict, CalendarError) as conflict:
            raise ApplicationError(str(conflict), type=LEDGER_CONFLICT, non_retryable=True) from conflict

    @activity.defn(name=RECOUNT_CLOCKS, no_thread_cancel_exception=True)
    def recount_clocks(self, recount: Recount) -> list[Clock]:
        """The clocks as they would be computed with the calendar known on a day. Reads only."""
        days = self._calendar.now().as_known_on(recount.known_on)
        return [resolve(order, days, recount.close_of_business) for order in recount.orders]


def _by(calendar: Calendar) -> ResolveClock:
    """Computes deadlines with this calendar; the ledger checks that it is still current when the step is written."""

    def resolve_by(order: ClockOrder, known_on: date | None, close: time | None) -> Clock:
        return resolve(order, calendar.as_known_on(known_on), close)

    return resolve_by
