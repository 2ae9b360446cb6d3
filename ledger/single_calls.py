"""Connections for what is one call: each is one statement in a transaction of its own, one round trip."""

import threading
from collections.abc import Callable
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

DEAD = (psycopg2.OperationalError, psycopg2.InterfaceError)
"""What a connection raises whose server has gone, among other failures of the moment."""


class SingleCalls:
    """A few connections that stay open, for many threads. None is tried before it is used.

    ``open_one`` makes a connection; ``keep`` are kept when nobody uses them.
    """

    def __init__(self, open_one: Callable[[], Connection], keep: int) -> None:
        self._open_one = open_one
        self._keep = keep
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def call(self, statement: str, argument: str) -> Any:
        """The single value that a statement with one argument answers. It must bear being repeated.

        Raises psycopg2's errors. A connection that was kept may have lost its server: then another is tried once.
        """
        kept = self._take()
        if kept is not None:
            try:
                return self._asked(kept, statement, argument)
            except DEAD as error:
                if not kept.closed:
                    raise  # the server itself said no: a lock not had in time, a shutdown
                del error
                self.close()
        return self._asked(self._open(), statement, argument)

    def close(self) -> None:
        """Close what nobody uses at this moment."""
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
            # In autocommit it is as good as before, unless it is gone.
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
