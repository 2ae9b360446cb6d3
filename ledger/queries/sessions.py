"""Sessions of people at the console: opened, seen, revoked; those long over are let go of."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine, delete, func, insert, select, update

from ledger.queries.feeds import follow
from ledger.queries.notified import told_as_now
from ledger.session_tables import console_sessions

IDLE: Final = timedelta(hours=2)
"""A session that nobody used for so long is over."""
SEEN_AGAIN: Final = timedelta(minutes=1)
"""That a session was seen is written down no more often than this."""
KEPT: Final = timedelta(days=30)
"""So long a session stays in the table after its end, for whoever asks who was there."""

_row = console_sessions.c
_NOW = func.clock_timestamp()


def open_session(engine: Engine, digest: str, bearer: Mapping[str, Any], lasts: timedelta) -> None:
    """Begin a session that lasts so long at most; those long over go.

    The feed of its bearer shows what it may see now, and its bearer is told of that.
    """
    values = {"digest": digest, "bearer": dict(bearer), "created_at": _NOW, "seen_at": _NOW, "ends_at": _NOW + lasts}
    with engine.begin() as connection:
        connection.execute(delete(console_sessions).where(_row.ends_at < _NOW - KEPT))
        connection.execute(insert(console_sessions).values(values))
        follow(connection, bearer)
        told_as_now(connection, bearer)


_LASTS: Final = (_row.revoked_at.is_(None), _row.ends_at > _NOW, _row.seen_at > _NOW - IDLE)


def bearer_of(engine: Engine, digest: str, used: bool = True) -> Mapping[str, Any] | None:
    """Who bears a session that is neither over, nor idle for long, nor revoked; None otherwise.

    ``used``: somebody is there; else it goes on growing idle.
    """
    lives = (_row.digest == digest, *_LASTS)
    with engine.begin() as connection:
        found = connection.execute(select(_row.bearer, _row.seen_at < _NOW - SEEN_AGAIN).where(*lives)).first()
        if found is None:
            return None
        if used and found[1]:
            connection.execute(update(console_sessions).where(_row.digest == digest).values(seen_at=_NOW))
        bearer: Mapping[str, Any] = found[0]
        return bearer


def lasting_sessions(engine: Engine, digests: Collection[str]) -> frozenset[str]:
    """Those of some sessions that are neither over, nor idle for long, nor revoked."""
    with engine.begin() as connection:
        return frozenset(connection.execute(select(_row.digest).where(_row.digest.in_(digests), *_LASTS)).scalars())


def revoke_session(engine: Engine, digest: str) -> None:
    """End a session now; one that is not there, or over already, stays as it is."""
    there = (_row.digest == digest, _row.revoked_at.is_(None))
    with engine.begin() as connection:
        connection.execute(update(console_sessions).where(*there).values(revoked_at=_NOW))
