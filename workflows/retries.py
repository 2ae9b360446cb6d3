"""How hard an activity is tried: quickly, inside a workflow task, then patiently, while the case is visibly parked."""

from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from protocol.errors import LEDGER_CONFLICT

CALENDAR_TORN = "CalendarError"
"""The error type of a calendar that cannot count: no retry will help, an operator must look."""

QUICK = RetryPolicy(initial_interval=timedelta(milliseconds=100), maximum_attempts=4)
PATIENT = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(seconds=15),
    non_retryable_error_types=[LEDGER_CONFLICT, CALENDAR_TORN],
)

QUICK_TRY, QUICK_IN_ALL = timedelta(seconds=5), timedelta(seconds=7)
"""How long one quick try may take, and all of them: a workflow task must not wait longer."""
PATIENT_TRY, PATIENT_IN_ALL = timedelta(seconds=30), timedelta(hours=1)
"""How long one patient try may take, and all of them before it is asked anew."""

T = TypeVar("T")


async def tried_quickly(activity: str, said: Any, answer: type[T]) -> T:
    """What an activity answers at once, inside the workflow task. Raises FailureError when it does not."""
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
    """An activity under way that is tried for long; ``why`` is shown to operators. It fails with ActivityError."""
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
    """What an activity failed of. The last failure of a local one comes bare, not inside an ActivityError."""
    return error.cause if isinstance(error, ActivityError) else error


def failed_of(error: FailureError, type_: str) -> bool:
    """Whether an activity failed with an error of this type."""
    cause = behind(error)
    return isinstance(cause, ApplicationError) and cause.type == type_


def refused_for_good(error: ActivityError) -> str | None:
    """The code of a failure that no repetition mends; None where one may."""
    cause = error.cause
    return (cause.type or "refused") if isinstance(cause, ApplicationError) and cause.non_retryable else None
