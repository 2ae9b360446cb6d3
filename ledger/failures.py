"""What the database driver raises, for whoever asks the ledger and must tell a database that is away from a defect."""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

DATABASE_AWAY = (OperationalError, InterfaceError, NoConnection)
"""It does not answer: away, restarting, or with no connection left. Ask again."""
DATABASE_FAILED = (DBAPIError, NoConnection)
"""It did not do what it was asked, for whatever reason of its own."""
DATABASE_ERRORS = (SQLAlchemyError,)
"""Whatever can go wrong between here and the database, for those who must outlive all of it."""
