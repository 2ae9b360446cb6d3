"""The trace in which something is done: read from what came along with a message, in force for a block of code."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator


def carried_by(carrier: Mapping[str, str]) -> Context:
    """The trace that a carrier of W3C's trace context names; an empty one where it names none."""
    return TraceContextTextMapPropagator().extract(carrier, Context())


@contextmanager
def attached(context: Context) -> Iterator[None]:
    """Have a trace in force while inside. A workflow that is evicted meanwhile ends the block where it is not."""
    token = attach(context)
    try:
        yield
    finally:
        if get_current() is context:
            detach(token)
