"""Waiting for a case with an eye on it: one whose code fails would be waited for for ever, and is told instead."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from temporalio.client import WorkflowHandle

from protocol.names import request_id_of
from starter.errors import NeedsOperator

T = TypeVar("T")

LOOK_EVERY = 2.0
"""Seconds between two looks at a case that has not answered yet."""
TRIES = 2
"""How often its code must have failed in a row: one failure may be a machine that was busy for a moment."""


async def unless_it_fails(handle: WorkflowHandle[Any, Any], call: Coroutine[Any, Any, T]) -> T:
    """What a call that waits for a case comes to.

    Raises NeedsOperator, which says why, when the code of the case fails meanwhile; the call is given up then.
    """
    asked = asyncio.ensure_future(call)
    try:
        while not (await asyncio.wait({asked}, timeout=LOOK_EVERY))[0]:
            why = await _why_it_fails(handle)
            if why is not None:
                raise NeedsOperator(f"{request_id_of(handle.id)} does not move, for its code fails: {why}.")
        return asked.result()
    finally:
        if asked.cancel():
            await asyncio.wait({asked})


async def _why_it_fails(handle: WorkflowHandle[Any, Any]) -> str | None:
    """What the code of a case said when it failed last; None while it does not fail over and over."""
    described = (await handle.describe()).raw_description
    if not described.HasField("pending_workflow_task") or described.pending_workflow_task.attempt <= TRIES:
        return None
    history = await handle.fetch_history()
    failed = [event for event in history.events if event.HasField("workflow_task_failed_event_attributes")]
    said = failed[-1].workflow_task_failed_event_attributes.failure.message if failed else "it does not answer in time"
    return " ".join(said.split()).rstrip(".")
