"""Retries: quickly, by a local activity in the workflow task; then patiently, while the case is shown as stuck."""

from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from protocol.errors import LEDGER_CONFLICT

CALENDAR_TORN = "CalendarError"
"""The error type of a broken calendar: no retry will help, an operator must act."""

QUICK = RetryPolicy(initial_interval=timedelta(milliseconds=100), maximum_attempts=4)
PATIENT = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(seconds=15),
    non_retryable_error_types=[LEDGER_CONFLICT, CALENDAR_TORN],
)

QUICK_TRY, QUICK_IN_ALL = timedelta(seconds=5), timedelta(seconds=7)
"""Timeouts of one quick try and of all together: a workflow task must not take longer."""
PATIENT_TRY, PATIENT_IN_ALL = timedelta(seconds=30), timedelta(hours=1)
"""Timeouts of one patient try, and of all together before a new activity is scheduled."""

T = TypeVar("T")


async def tried_quickly(activity: str, said: Any, answer: type[T]) -> T:
    """The answer of a local activity, within the workflow task. Raises FailureError if there is none in time."""
    answered: T = await workflow.execute_local_activity(
        activity,
        said,
        result_type=answer,
        start_to_close_timeout=QUICK_TRY,
        schedule_to_close_timeout=QUICK_IN_ALL,
        retry_policy=QUICK,
    )
    return answered


def tried_patiently(activity: str, said: Any, answer: type[T], why: str) -> workflow.ActivityHandle[T]:
    """Start an activity that is retried for long; ``why`` is shown to operators. Awaiting it raises ActivityError."""
    return workflow.start_activity(
        activity,
        said,
        result_type=answer,
        start_to_close_timeout=PATIENT_TRY,
        schedule_to_close_timeout=PATIENT_IN_ALL,
        retry_policy=PATIENT,
        summary=why,
    )


def behind(error: FailureError) -> BaseException | None:
    """The cause of an activity's failure. A local activity's last failure comes bare, not inside an ActivityError."""
    return error.cause if isinstance(error, ActivityError) else error


def failed_of(error: FailureError, type_: str) -> bool:
    """Whether an activity failed with an application error of this type."""
    cause = behind(error)
    return isinstance(cause, ApplicationError) and cause.type == type_


def refused_for_good(error: ActivityError) -> str | None:
    """The code of a non-retryable failure; None if a retry may help."""
    cause = error.cause
    return (cause.type or "refused") if isinstance(cause, ApplicationError) and cause.non_retryable else None
