"""What workflows ask of the ledger and the calendar. Plain functions in threads: the database is synchronous."""

from collections.abc import Callable, Sequence
from datetime import date, time
from typing import Any

from sqlalchemy import Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.calendar import Calendar, CalendarError
from domain.cases.deadlines import resolve
from domain.cases.records import Clock, ClockOrder, Step, StepResult
from domain.evidence import Algorithm
from domain.side_effects import LEDGER_CONFLICT, RECORD_STEP, RECOUNT_CLOCKS, Recount
from ledger.errors import LedgerConflict
from ledger.recording import record_step


class LedgerSteps:
    """The activities of one worker: its ledger, its calendar, its digest."""

    def __init__(self, engine: Engine, calendar: Calendar, algorithm: Algorithm = "sm3") -> None:
        self._engine = engine
        self._calendar = calendar
        self._algorithm: Algorithm = algorithm

    def all(self) -> Sequence[Callable[..., Any]]:
        """Every activity, for the worker to register."""
        return [self.record_step, self.recount_clocks]

    @activity.defn(name=RECORD_STEP)
    def record_step(self, step: Step) -> StepResult:
        """Write a step into the ledger: once, however often it is asked (case and seq are its key)."""
        try:
            return record_step(self._engine, step, self._resolve, self._algorithm)
        except (LedgerConflict, CalendarError) as conflict:
            raise ApplicationError(str(conflict), type=LEDGER_CONFLICT, non_retryable=True) from conflict

    @activity.defn(name=RECOUNT_CLOCKS)
    def recount_clocks(self, recount: Recount) -> list[Clock]:
        """The clocks as they would be started with the calendar as known on a day. Reads only."""
        return [self._resolve(order, recount.known_on, recount.close_of_business) for order in recount.orders]

    def _resolve(self, order: ClockOrder, known_on: date | None, close: time | None) -> Clock:
        return resolve(order, self._calendar.as_known_on(known_on), close)
