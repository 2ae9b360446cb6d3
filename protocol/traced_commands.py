"""One trace a command: how a caller's trace goes along through Temporal to the activity that records the step.

The trace travels in headers, which histories keep: a good hundred bytes a command. What a case decides never depends
on them, so a history replays with tracing and without.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from temporalio import workflow
from temporalio.contrib.opentelemetry import OpenTelemetryInterceptor, ReplaySafeTracerProvider, create_tracer_provider
from temporalio.converter import PayloadConverter
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleUpdateInput,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from protocol.names import RECORD_STEP
from protocol.trace_context import attached, carried_by

HEADER: Final = "_tracer-data"
"""What the SDK calls the header that carries a trace."""


class TracedCommands(OpenTelemetryInterceptor):
    """The SDK's interceptor, but for the span of a whole run, which would be open as long as the case.

    For a client; workers on it take it over. It needs a tracer provider of the SDK's making in the whole process.
    """

    def __init__(self) -> None:
        super().__init__(add_temporal_spans=True)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[Any]:
        """What wraps each run of a workflow."""
        traced = super().workflow_interceptor_class(input)

        class TracedRun(WorkflowInboundInterceptor):
            """Updates in their callers' traces, as the SDK has them; the run itself in that of its filing."""

            def __init__(self, next: WorkflowInboundInterceptor) -> None:
                super().__init__(next)
                self._updates = traced(_Inside(next))

            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                self._updates.init(outbound)

            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
                with attached(_of_the_filing(input)):
                    return await self.next.execute_workflow(input)

            def handle_update_validator(self, input: HandleUpdateInput) -> None:
                self._updates.handle_update_validator(input)

            async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
                return await self._updates.handle_update_handler(input)

        return TracedRun


def tracer_provider(resource: Resource) -> ReplaySafeTracerProvider:
    """What makes spans, also in the code of workflows: one that runs again makes none a second time."""
    return create_tracer_provider(resource=resource, shutdown_on_exit=False)


def _of_the_filing(input: ExecuteWorkflowInput) -> Context:
    """The trace in which a run was begun; none for a run that took a case over."""
    header = input.headers.get(HEADER)
    if header is None or workflow.info().continued_run_id is not None:
        return Context()
    return carried_by(*PayloadConverter.default.from_payloads([header]))


class _Inside(WorkflowInboundInterceptor):
    """What the SDK's wraps, so that what a run does by itself is seen before the SDK sees it."""

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        self.next.init(_ByItself(outbound))


class _ByItself(WorkflowOutboundInterceptor):
    """Until its filing is recorded a run is in the trace of that; each activity later, but for updates, in its own."""

    _filed = False

    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        with self._trace_for(input.activity):
            return self.next.start_activity(input)

    def start_local_activity(self, input: StartLocalActivityInput) -> ActivityHandle[Any]:
        with self._trace_for(input.activity):
            return self.next.start_local_activity(input)

    def _trace_for(self, activity: str) -> AbstractContextManager[None]:
        if workflow.current_update_info() is not None:
            return nullcontext()
        filed, self._filed = self._filed, self._filed or activity == RECORD_STEP
        return attached(Context()) if filed else nullcontext()
