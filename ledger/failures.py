"""The errors of the database driver, for callers that must tell an unavailable database from a bug."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

DATABASE_AWAY = (OperationalError, InterfaceError, NoConnection)
"""The database does not answer: down, restarting, or out of connections. Retry."""
DATABASE_FAILED = (DBAPIError, NoConnection)
"""The database did not carry out a statement, for any reason."""
DATABASE_ERRORS = (SQLAlchemyError,)
"""Everything that can go wrong with the database, for loops that must survive all of it."""


@contextmanager
def driver_errors_told() -> Iterator[None]:
    """Raise the driver's errors within the block as SQLAlchemy's, so that callers handle one kind."""
    try:
        yield
    except psycopg2.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg2.Error) from error
