"""How the code of update handlers is guarded, in whatever runs it: a worker, a replay."""

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
    """A bug in an update handler fails that update and never wedges the case; what began a case is let go."""

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        # A view of the message that began the case, which would stay in memory whole as long as the case is open.
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
    """Wraps every update handler once, in one place."""

    def workflow_interceptor_class(self, _: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        return _GuardedCode
