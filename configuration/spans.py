"""What spans and lines of the log say beside what the libraries have them say, and what they keep to themselves."""

import logging
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import Status
from opentelemetry.util.types import AttributeValue

QUERY: Final = "url.query"
KIND: Final = "exception.type"


class WithoutWords(SpanProcessor):
    """Passes spans on without what people wrote or searched for: errors quote it, and so do addresses.

    Of an error its kind stays, as ``error.type``; that there was a query stays, too.
    """

    def __init__(self, to: SpanProcessor) -> None:
        self._to = to

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Tell the next one that a span has begun."""
        self._to.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        """Pass a span on that is over."""
        told: dict[str, AttributeValue] = dict(span.attributes or {})
        if QUERY in told:
            told[QUERY] = "-"
        for each in span.events:
            if each.attributes and KIND in each.attributes:
                told["error.type"] = each.attributes[KIND]
        self._to.on_end(
            ReadableSpan(
                span.name,
                span.context,
                span.parent,
                span.resource,
                told,
                links=span.links,
                kind=span.kind,
                status=Status(span.status.status_code),
                start_time=span.start_time,
                end_time=span.end_time,
                instrumentation_scope=span.instrumentation_scope,
            )
        )

    def shutdown(self) -> None:
        """Send what is left."""
        self._to.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what there is; whether that was done within so many milliseconds."""
        return self._to.force_flush(timeout_millis)


class NamesTheTrace(logging.Filter):
    """Adds to each record the trace and the span in which it was made, in the letters of W3C's trace context."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Nothing is held back."""
        here = trace.get_current_span().get_span_context()
        if here.is_valid:
            record.trace_id, record.span_id = f"{here.trace_id:032x}", f"{here.span_id:016x}"
        return True
