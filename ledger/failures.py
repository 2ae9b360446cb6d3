"""What the database driver raises, for whoever asks the ledger and must tell a database that is away from a defect."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

DATABASE_AWAY = (OperationalError, InterfaceError, NoConnection)
"""It does not answer: away, restarting, or with no connection left. Ask again."""
DATABASE_FAILED = (DBAPIError, NoConnection)
"""It did not do what it was asked, for whatever reason of its own."""
DATABASE_ERRORS = (SQLAlchemyError,)
"""Whatever can go wrong between here and the database, for those who must outlive all of it."""


@contextmanager
def driver_errors_told() -> Iterator[None]:
    """Raise the errors of the driver inside as SQLAlchemy does, so that one reading of failures serves for both."""
    try:
        yield
    except psycopg2.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg2.Error) from error
