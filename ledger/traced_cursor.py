"""What the database is asked, as spans of the trace in which it is asked; outside of one nothing is told."""

from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from psycopg2.extensions import connection, cursor
from psycopg2.sql import Composable

LONGEST: Final = 2_000
"""So much of a statement is told. Values are no part of it: they go beside it."""


class TracedCursor(cursor):
    """A cursor whose statements are spans, where somebody keeps the trace."""

    def execute(self, query: str | bytes | Composable, vars: Any = None) -> None:
        """Ask the database, in a span of its own."""
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
