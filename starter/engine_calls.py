"""What each call of the engine needs: a caller's key that can be one, and an end to waiting."""

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
    """Wait for a call so long. A cancelled caller stays cancelled: the SDK makes an error of its own of that.

    Raises NeedsOperator for an answer that is sealed with a key which is not here.
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
    """Raises InvalidInput for a key that no caller may use."""
    try:
        _KEY.validate_python(key)
    except ValidationError:
        raise InvalidInput("A key has 1 to 64 letters, digits and . _ : / - and nothing else.") from None
