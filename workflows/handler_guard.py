"""The interceptor around update handlers, used by workers and replays alike."""

import asyncio
from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)


class _GuardedCode(WorkflowInboundInterceptor):
    """A bug in an update handler fails that update instead of wedging the case; headers are copied to save memory."""

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        # The headers are a view of the whole start message, which would stay in memory as long as the case is open.
        input.headers = dict(input.headers)
        return await super().execute_workflow(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        try:
            return await super().handle_update_handler(input)
        except (ApplicationError, asyncio.CancelledError):
            raise
        except Exception as error:
            raise ApplicationError(f"{type(error).__name__}: {error}", type="HandlerBug", non_retryable=True) from error


class HandlerGuard(Interceptor):
    """Wraps every update handler, in one place."""

    def workflow_interceptor_class(self, _: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        return _GuardedCode
