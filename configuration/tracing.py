"""Traces by OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT says where to; elsewhere nothing of it is even loaded.

The exporter reads the other variables of the standard by itself: headers, timeouts, sampling, the service's name.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from configuration.errors import StartupError
from configuration.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from psycopg2.extensions import cursor

    from protocol.connecting import Interceptors


@dataclass(frozen=True)
class Tracing:
    """What takes a trace along: ``interceptors`` for a client of Temporal, a ``cursor`` for the ledger's engine."""

    interceptors: "Interceptors" = ()
    cursor: "type[cursor] | None" = None


NOT_TRACED = Tracing()


@contextmanager
def tracing(settings: Settings, service: str) -> Iterator[Tracing]:
    """Send traces while inside, and what is left of them at the end; nothing where no place is named.

    ``service`` is what OTEL_SERVICE_NAME does not name otherwise. Raises StartupError where OpenTelemetry's SDK is not
    installed.
    """
    if settings.traces is None:
        yield NOT_TRACED
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise StartupError(
            f"{Settings.traces.variable} is set, but OpenTelemetry's SDK is not installed: "
            "pip install 'shareflow[engine,otel]'."
        ) from error
    with sending_traces(BatchSpanProcessor(OTLPSpanExporter()), service) as begun:
        yield begun


@contextmanager
def sending_traces(to: "SpanProcessor", service: str) -> Iterator[Tracing]:
    """Have every span of this process go to ``to``, and every line of its log name the trace in which it was said."""
    from opentelemetry import trace
    from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource

    from configuration.spans import NamesTheTrace, WithoutWords
    from ledger.traced_cursor import TracedCursor
    from protocol.traced_commands import TracedCommands, tracer_provider

    named = Resource.create({SERVICE_NAME: service}).merge(OTELResourceDetector().detect())
    provider = tracer_provider(named)
    provider.add_span_processor(WithoutWords(to))
    trace.set_tracer_provider(provider)
    names, handlers = NamesTheTrace(), logging.getLogger().handlers
    for handler in handlers:
        handler.addFilter(names)
    try:
        yield Tracing([TracedCommands()], TracedCursor)
    finally:
        for handler in handlers:
            handler.removeFilter(names)
        provider.shutdown()
