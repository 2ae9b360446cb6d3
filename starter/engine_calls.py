"""Common parts of calls of the engine: validation of keys, and timeouts."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError

from domain.field_types import CallerKey
from protocol.sealing import NotOpened
from starter.errors import InvalidInput, NeedsOperator

T = TypeVar("T")

_KEY: TypeAdapter[str] = TypeAdapter(CallerKey)


async def within(seconds: float, call: Coroutine[Any, Any, T]) -> T:
    """Wait for a call with a timeout; keeps cancellation as it is, which the SDK turns into an error of its own.

    Raises NeedsOperator for an answer that is sealed with a missing key.
    """
    async with asyncio.timeout(seconds):
        try:
            return await call
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from error
            raise
        except NotOpened as error:
            raise NeedsOperator(str(error)) from None


def check_key(key: str) -> None:
    """Raises InvalidInput for an invalid key."""
    try:
        _KEY.validate_python(key)
    except ValidationError:
        raise InvalidInput("A key has 1 to 64 letters, digits and . _ : / - and nothing else.") from None
