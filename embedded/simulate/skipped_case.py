"""One case whose time is skipped: moved forward, told of notices and asked, with an eye on its code.

A case whose code fails would be waited for for ever, and is told instead.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Coroutine
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from embedded.simulate.sandbox import Sandbox
from protocol.errors import BUSY
from protocol.messages import CalendarNews, CaseOpening, CaseView
from protocol.names import workflow_id
from starter.errors import NeedsOperator

T = TypeVar("T")

LOOK_EVERY = 2.0
"""Seconds between two looks at a case that has not answered yet."""
TRIES = 2
"""How often its code must have failed in a row: one failure may be a machine that was busy for a moment."""


class RunDescribed(NamedTuple):
    """A case's workflow as Temporal describes it: the id of its run, and how many events its history has."""

    run_id: str | None
    history_length: int


class SkippedCase:
    """A case of a sandbox. What waits for it raises NeedsOperator, which says why, when its code fails meanwhile."""

    def __init__(self, ground: Sandbox, request_id: str) -> None:
        self._skipper = ground.skipper
        self._service = ground.temporal
        self._converter = ground.temporal.data_converter
        self._request_id = request_id
        self._handle: WorkflowHandle[Any, Any] = ground.temporal.get_workflow_handle(workflow_id(request_id))

    async def now(self) -> datetime:
        """The instant at which the case is, by its server."""
        return await self._skipper.get_current_time(self._handle)

    async def forward(self, ahead: timedelta) -> bool:
        """Let so much time pass; whether the case still runs then."""
        return bool(await _unless_gone(self._unless_it_fails(self._skipper.fast_forward(self._handle, ahead))))

    async def tell(self, news: CalendarNews) -> None:
        """A notice has been published. One that has ended meanwhile needs no telling."""
        await _unless_gone(self._handle.signal("calendar_published", news))

    async def settle(self, until: datetime) -> None:
        """Have recorded what time has done by an instant, though the case's timer waits a little for late arrivals."""
        await _unless_gone(self._settle(until))

    async def view(self) -> CaseView:
        """The case as it stands."""
        return await self._unless_it_fails(self._handle.query("case", result_type=CaseView))

    async def shift(self) -> timedelta:
        """By how much its clock was moved against the server's when it was opened, from its history."""
        async for event in self._handle.fetch_history_events():
            said = event.workflow_execution_started_event_attributes.input.payloads
            opening: CaseOpening = (await self._converter.decode(said, [CaseOpening]))[0]
            return opening.shift
        raise AssertionError("A history has a first event.")

    async def described(self) -> RunDescribed:
        """Its workflow as Temporal describes it."""
        description = await self._handle.describe()
        return RunDescribed(description.run_id, description.history_length)

    async def forgotten(self) -> bool:
        """Have Temporal delete what has run under its id; whether that is gone already."""
        execution = WorkflowExecution(workflow_id=self._handle.id)
        order = DeleteWorkflowExecutionRequest(namespace=self._service.namespace, workflow_execution=execution)
        return await _unless_gone(self._service.workflow_service.delete_workflow_execution(order, retry=True)) is None

    async def _settle(self, until: datetime) -> None:
        while True:
            view = await self.view()
            if view.outcome is not None or view.next_at is None or view.next_at > until:
                return
            try:
                caught_up = self._handle.execute_update("catch_up", until, id=f"catch-up-{uuid.uuid4().hex}")
                await self._unless_it_fails(caught_up)
            except WorkflowUpdateFailedError as error:
                if not (isinstance(error.cause, ApplicationError) and error.cause.type == BUSY):
                    raise
                await asyncio.sleep(0.01)

    async def _unless_it_fails(self, call: Coroutine[Any, Any, T]) -> T:
        """What a call that waits for the case comes to; the call is given up when the code of the case fails."""
        asked = asyncio.ensure_future(call)
        try:
            while not (await asyncio.wait({asked}, timeout=LOOK_EVERY))[0]:
                why = await self._why_it_fails()
                if why is not None:
                    raise NeedsOperator(f"{self._request_id} does not move, for its code fails: {why}.")
            return asked.result()
        finally:
            if asked.cancel():
                await asyncio.wait({asked})

    async def _why_it_fails(self) -> str | None:
        """What the code of the case said when it failed last; None while it does not fail over and over."""
        described = (await self._handle.describe()).raw_description
        if not described.HasField("pending_workflow_task") or described.pending_workflow_task.attempt <= TRIES:
            return None
        history = await self._handle.fetch_history()
        failed = [event for event in history.events if event.HasField("workflow_task_failed_event_attributes")]
        said = (
            failed[-1].workflow_task_failed_event_attributes.failure.message if failed else "it does not answer in time"
        )
        return " ".join(said.split()).rstrip(".")


async def _unless_gone(call: Awaitable[T]) -> T | None:
    """What a call comes to; None for a case that has ended meanwhile."""
    try:
        return await call
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
