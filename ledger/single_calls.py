"""Connections for single calls: one statement in its own transaction, in one round trip."""

import threading
from collections.abc import Callable
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

DEAD = (psycopg2.OperationalError, psycopg2.InterfaceError)
"""The errors of a connection whose server is gone; other temporary failures raise them too."""


class SingleCalls:
    """A few open connections shared by many threads, without a check before use.

    ``open_one`` makes a connection; at most ``keep`` idle ones are kept.
    """

    def __init__(self, open_one: Callable[[], Connection], keep: int) -> None:
        self._open_one = open_one
        self._keep = keep
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def call(self, statement: str, argument: str) -> Any:
        """The single value that a statement with one argument returns. The statement must be idempotent.

        Raises psycopg2's errors. If an idle connection has lost its server, the call is retried once on another.
        """
        kept = self._take()
        if kept is not None:
            try:
                return self._asked(kept, statement, argument)
            except DEAD as error:
                if not kept.closed:
                    raise  # the server answered with an error, such as a lock timeout or a shutdown
                del error
                self.close()
        return self._asked(self._open(), statement, argument)

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> Connection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _open(self) -> Connection:
        connection = self._open_one()
        connection.autocommit = True
        return connection

    def _asked(self, connection: Connection, statement: str, argument: str) -> Any:
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, (argument,))
                row = cursor.fetchone()
        except psycopg2.Error:
            # In autocommit mode it can be reused, unless it is gone.
            self._give_back(connection)
            raise
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)
        return row[0] if row else None

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            if not connection.closed and len(self._idle) < self._keep:
                self._idle.append(connection)
                return
        connection.close()
