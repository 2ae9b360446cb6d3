"""Trace context: extracted from what came with a message, and attached for a block of code."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator


def carried_by(carrier: Mapping[str, str]) -> Context:
    """The trace in a carrier (W3C trace context); an empty context if it has none."""
    return TraceContextTextMapPropagator().extract(carrier, Context())


@contextmanager
def attached(context: Context) -> Iterator[None]:
    """Attach a context for the block. If an evicted workflow leaves the block elsewhere, nothing is detached."""
    token = attach(context)
    try:
        yield
    finally:
        if get_current() is context:
            detach(token)
