"""A round of a periodic duty (定期工作开始): opens a case for everybody bound to the duty, when a period begins.

A Temporal Schedule starts it at the beginning of each period. It is idempotent, also when triggered twice or
backfilled, because the case of a duty, a body and a period has one id.
"""

import asyncio
from datetime import date, datetime, timedelta
from typing import NamedTuple

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.calendar import day_of
    from domain.words import ProcedureName
    from protocol.errors import ROUND_INCOMPLETE, RefusalNote
    from protocol.messages import CaseToOpen
    from protocol.names import DUTY_ROUND, OPEN_CASE, PLAN_ROUND
    from protocol.rounds import RoundOrder, RoundPlan, RoundResult, RoundWanted

AT_ONCE = 10
"""How many cases are opened at the same time."""
PATIENCE, PATIENCE_BY_HAND = timedelta(days=7), timedelta(seconds=45)
"""How long to retry while the ledger is down or the list of departments cannot be read."""
PATIENT = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))
SCHEDULED = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


class _Came(NamedTuple):
    """The result for one case of a round: opened now, there before, refused, or failed."""

    opened: bool = False
    refused: RefusalNote | None = None
    failed: str | None = None

    @property
    def there(self) -> bool:
        return self.refused is None and self.failed is None


@workflow.defn(name=DUTY_ROUND)
class DutyRoundWorkflow:
    """One duty of one text, one period."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)
        self._patience = PATIENCE

    @workflow.run
    async def run(self, order: RoundOrder) -> RoundResult:
        """Open the missing cases. If some cannot be opened, fails after opening all others, and says why."""
        self._patience = PATIENCE_BY_HAND if order.period else PATIENCE
        plan: RoundPlan = await workflow.execute_activity(
            PLAN_ROUND,
            RoundWanted(order=order, day=_day()),
            result_type=RoundPlan,
            start_to_close_timeout=timedelta(minutes=1),
            schedule_to_close_timeout=self._patience,
            retry_policy=PATIENT,
        )
        cases = list(plan.to_open)
        came = dict(zip(cases, await asyncio.gather(*(self._open(plan, case) for case in cases)), strict=True))
        result = RoundResult(
            period=plan.period,
            opened=[case for case, it in came.items() if it.there and it.opened],
            there=[*plan.there, *(case for case, it in came.items() if it.there and not it.opened)],
            refused={case: it.refused for case, it in came.items() if it.refused is not None},
            failed={case: it.failed for case, it in came.items() if it.failed is not None},
        )
        if result.refused or result.failed:
            told = {**{case: note.code for case, note in result.refused.items()}, **result.failed}
            raise ApplicationError("; ".join(f"{x}: {y}" for x, y in told.items()), result, type=ROUND_INCOMPLETE)
        return result

    async def _open(self, plan: RoundPlan, case: str) -> _Came:
        """Open one case; a failure is returned, not raised, so that the others are opened all the same."""
        order = CaseToOpen(
            procedure=ProcedureName.PERIODIC_DUTY,
            request_id=case,
            application=plan.to_open[case],
            opened_by=None,
            statute=plan.statute,
            statute_digest=plan.statute_digest,
            policy_digest=plan.policy_digest,
            at=workflow.now(),
        )
        async with self._room:
            try:
                opened: bool = await workflow.execute_activity(
                    OPEN_CASE,
                    order,
                    result_type=bool,
                    start_to_close_timeout=timedelta(seconds=30),
                    schedule_to_close_timeout=self._patience,
                    retry_policy=PATIENT,
                )
                return _Came(opened=opened)
            except ActivityError as error:
                cause = error.cause
                if isinstance(cause, ApplicationError) and cause.non_retryable and cause.details:
                    return _Came(refused=RefusalNote.model_validate(cause.details[0]))
                return _Came(failed=str(cause or error))


def _day() -> date:
    """The day of a round: the one for which it was scheduled, however late it runs."""
    scheduled: datetime | None = workflow.info().typed_search_attributes.get(SCHEDULED)
    return day_of(scheduled or workflow.now())
