"""What spans and lines of the log say beside what the libraries have them say."""

import logging
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor

QUERY: Final = "url.query"


class WithoutQueries(SpanProcessor):
    """Takes out of spans what people search for: names may be among it, and traces are read by others."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - given by name
        """Before anybody is sent the span."""
        if span.attributes and QUERY in span.attributes:
            span.set_attribute(QUERY, "-")


class NamesTheTrace(logging.Filter):
    """Adds to each record the trace and the span in which it was made, in the letters of W3C's trace context."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Nothing is held back."""
        here = trace.get_current_span().get_span_context()
        if here.is_valid:
            record.trace_id, record.span_id = f"{here.trace_id:032x}", f"{here.span_id:016x}"
        return True
