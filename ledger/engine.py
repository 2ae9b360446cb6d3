"""Connections to PostgreSQL."""

import select
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg2
import psycopg2.extensions
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidatePoolError

from ledger.errors import LedgerAway, LedgerUnavailable
from ledger.single_calls import SingleCalls

__all__ = ["Connection", "Engine", "connect", "ping", "reading", "single_calls_of"]

# A writer that waits longer is better retried by Temporal, and a transaction left open by a stopped process
# must not keep a case locked. Times in milliseconds; the zone is for people who look into the database.
_SESSION = "-c lock_timeout=10000 -c idle_in_transaction_session_timeout=20000 -c timezone=Asia/Shanghai"
_BY_ROLE = "lock_timeout = '10s', and idle_in_transaction_session_timeout = '20s'"
_LIMITS = text("SELECT current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')")
_TAKES_NONE = "unsupported startup parameter"
"""PgBouncer's error for ``options``; configured to ignore them, it reports nothing."""
_SINGLE_CALLS: WeakKeyDictionary[Engine, SingleCalls] = WeakKeyDictionary()
_MEND = "check {} and that PostgreSQL runs"
USUALLY_NAMED: Final = "SHAREFLOW_DATABASE_URL"
"""The setting that usually has the address of the ledger's database."""


def connect(
    url: str,
    pool_size: int = 10,
    cursor: type[psycopg2.extensions.cursor] | None = None,
    named: str = USUALLY_NAMED,
) -> Engine:
    """An engine for ``url`` (``postgresql://user:password@host:port/database``); connects once to check it.

    ``pool_size`` connections are kept, and as many again may be opened temporarily. ``cursor``: the cursor class (None:
    the driver's own). ``named``: the setting to name in error messages.

    Behind a pooler that accepts no session settings, such as PgBouncer in transaction mode, the role's settings apply.
    Raises LedgerUnavailable for a wrong URL, a database that does not answer within ten seconds, and a role without
    timeouts behind a pooler.
    """
    mend = _MEND.format(named)
    address = _address(url, mend)
    by = {} if cursor is None else {"cursor_factory": cursor}
    options = " ".join(part for part in (_SESSION, _text(address.query.get("options"))) if part)
    try:
        try:
            return _tried(address, pool_size, {**by, "options": options})
        except DBAPIError as error:
            if _TAKES_NONE not in str(error.orig):
                raise
        return _tried(address, pool_size, by)
    except DBAPIError as error:
        cause = " ".join(str(error.orig).split()) or "no answer"
        raise LedgerAway(address.render_as_string(hide_password=True), cause, mend) from error


def _tried(address: URL, pool_size: int, options: Mapping[str, Any]) -> Engine:
    """An engine whose sessions have their timeouts. Raises DBAPIError, LedgerUnavailable."""
    session = {**options, "connect_timeout": 10, "application_name": "shareflow"}
    engine = create_engine(
        address.difference_update_query(["options"]),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        connect_args=session,
    )
    _, said = engine.dialect.create_connect_args(engine.url)
    single_calls = SingleCalls(lambda: psycopg2.connect(**{**said, **session}), pool_size)
    _SINGLE_CALLS[engine] = single_calls
    event.listen(engine, "engine_disposed", lambda _: single_calls.close())
    event.listen(engine, "checkout", _refuse_cut)
    try:
        _require_limits(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _require_limits(engine: Engine) -> None:
    """Require the timeouts, which a pooler may silently drop: without them a stopped process locks a case for ever."""
    with engine.connect() as connection:
        if "0" in connection.execute(_LIMITS).one():
            raise LedgerUnavailable(
                "The pooler in front of the ledger's database takes no settings from sessions, and the role "
                f"{engine.url.username} has none: ALTER ROLE … SET {_BY_ROLE}."
            )


def _refuse_cut(connection: psycopg2.extensions.connection, *_: object) -> None:
    """Make the pool replace a connection that the server has closed.

    An idle connection is readable only if the server has announced that it closes it. A ping would cost every query a
    round trip.
    """
    waiting = select.poll()  # not select(), which is limited to descriptors below 1,024
    if not connection.closed:
        waiting.register(connection, select.POLLIN)
    if connection.closed or waiting.poll(0):
        raise InvalidatePoolError


def single_calls_of(engine: Engine) -> SingleCalls:
    """The connections for single calls that go with an engine made by ``connect``; opened on first use."""
    return _SINGLE_CALLS[engine]


def ping(engine: Engine) -> None:
    """Run the smallest possible query. Raises SQLAlchemyError if the database does not answer."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """An autocommit connection for queries: each sees what is committed by then, without a transaction's round trips.

    Autocommit is set on the driver. SQLAlchemy's ``isolation_level`` sends a query when the connection returns to the
    pool; if the server is gone by then, that error escapes as the driver's and the slot in the pool is lost.
    """
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg2.extensions.connection)
        driver.autocommit = True
        try:
            yield connection
        finally:
            if not driver.closed:
                driver.autocommit = False


def _address(url: str, mend: str) -> URL:
    """The URL with the installed driver; refuses other databases."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        # The URL is not in the message: it may contain a password.
        raise LedgerUnavailable(
            f"The ledger's database URL cannot be read; it looks like postgresql://user@host/database: {mend}."
        ) from error
    if address.drivername not in ("postgres", "postgresql", "postgresql+psycopg2"):
        raise LedgerUnavailable(f"The ledger needs PostgreSQL, not {address.drivername}; {mend}.")
    return address.set(drivername="postgresql+psycopg2")


def _text(option: str | tuple[str, ...] | None) -> str:
    return " ".join(option) if isinstance(option, tuple) else option or ""
