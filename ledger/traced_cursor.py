"""Database statements as spans of the current trace; without a trace nothing is recorded."""

from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from psycopg2.extensions import connection, cursor
from psycopg2.sql import Composable

LONGEST: Final = 2_000
"""The most characters of a statement in a span. Parameter values are not part of it."""


class TracedCursor(cursor):
    """A cursor that makes a span of each statement, if there is a trace."""

    def execute(self, query: str | bytes | Composable, vars: Any = None) -> None:
        """Execute a statement in a span of its own."""
        if not trace.get_current_span().is_recording():
            super().execute(query, vars)
            return
        text = _text(query, self.connection)
        told = {"db.system.name": "postgresql", "db.query.text": text[:LONGEST]}
        tracer = trace.get_tracer("shareflow.ledger")
        with tracer.start_as_current_span(_summary(text), kind=SpanKind.CLIENT, attributes=told):
            super().execute(query, vars)


def _text(query: str | bytes | Composable, on: connection) -> str:
    if isinstance(query, Composable):
        return query.as_string(on)
    return query.decode() if isinstance(query, bytes) else query


def _summary(text: str) -> str:
    """The first two words: ``SELECT record_step(%s)``, ``UPDATE outbox_marks``."""
    return " ".join(text.split(maxsplit=2)[:2])
