"""A round of duties started by hand."""

import uuid
from datetime import timedelta
from typing import Final

from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from protocol.connecting import TemporalClient
from protocol.errors import CANNOT_BE_PLANNED, ROUND_INCOMPLETE
from protocol.names import DUTY_ROUND, TASK_QUEUE
from protocol.rounds import RoundOrder, RoundResult
from starter.errors import InvalidInput, Unavailable

PATIENCE: Final = timedelta(minutes=2)


async def run_round(temporal: TemporalClient, order: RoundOrder) -> RoundResult:
    """Run a round to its end, even if some cases could not be opened. Raises InvalidInput, Unavailable."""
    try:
        result: RoundResult = await temporal.execute_workflow(
            DUTY_ROUND,
            order,
            id=f"duty-round/by-hand/{uuid.uuid4().hex}",
            task_queue=TASK_QUEUE,
            result_type=RoundResult,
            execution_timeout=PATIENCE,
        )
    except WorkflowFailureError as error:
        cause = _innermost(error)
        if isinstance(cause, ApplicationError) and cause.type == ROUND_INCOMPLETE:
            return RoundResult.model_validate(cause.details[0])
        if isinstance(cause, ApplicationError) and cause.type == CANNOT_BE_PLANNED:
            raise InvalidInput(f"Nothing was opened: {cause.message}") from error
        raise Unavailable(f"The round did not end ({cause}); ask again: what is there stays as it is.") from error
    return result


def _innermost(error: BaseException) -> BaseException:
    """The innermost of nested errors."""
    inner = getattr(error, "cause", None)
    return _innermost(inner) if isinstance(inner, BaseException) else error
