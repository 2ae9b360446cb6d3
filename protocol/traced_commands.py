"""One trace for each command: from the caller, through Temporal, to the activity that records the step.

The trace context travels in headers, which histories keep: a good hundred bytes for each command. Decisions never
depend on them, so a history replays with and without tracing.
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
"""The SDK's name of the header that carries the trace context."""


class TracedCommands(OpenTelemetryInterceptor):
    """The SDK's tracing interceptor without the span of a whole run, which would stay open as long as the case.

    For a client, from which its workers take it over. The process needs a tracer provider made by the SDK.
    """

    def __init__(self) -> None:
        super().__init__(add_temporal_spans=True)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[Any]:
        """The interceptor of each workflow run."""
        traced = super().workflow_interceptor_class(input)

        class TracedRun(WorkflowInboundInterceptor):
            """Updates run in their callers' traces, as the SDK does it; the run itself in the trace of its filing."""

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
    """A tracer provider that is safe in workflow code: a replay makes no spans again."""
    return create_tracer_provider(resource=resource, shutdown_on_exit=False)


def _of_the_filing(input: ExecuteWorkflowInput) -> Context:
    """The trace in which the case was filed; empty for a run that continues another one."""
    header = input.headers.get(HEADER)
    if header is None or workflow.info().continued_run_id is not None:
        return Context()
    return carried_by(*PayloadConverter.default.from_payloads([header]))


class _Inside(WorkflowInboundInterceptor):
    """Sits inside the SDK's interceptor, so that :class:`_ByItself` sees a run's activities before the SDK does."""

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        self.next.init(_ByItself(outbound))


class _ByItself(WorkflowOutboundInterceptor):
    """Activities are in the filing's trace until it is recorded; later ones, outside updates, have their own traces."""

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
