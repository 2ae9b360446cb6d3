"""Calendar feeds: whose feed an address is, and until when it works."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, insert, select, update

from ledger.desk_tables import console_feeds
from ledger.engine import reading

FOLLOWS: Final = timedelta(days=90)
"""A feed stops if its owner has not signed in for this long, until the owner does."""

_row = console_feeds.c
_NOW = func.clock_timestamp()


def open_feed(engine: Engine, digest: str, owner: str, bearer: Mapping[str, Any]) -> None:
    """Create an owner's feed; revokes the previous one."""
    with engine.begin() as connection:
        connection.execute(_ends(owner))
        connection.execute(insert(console_feeds).values(digest=digest, owner=owner, bearer=dict(bearer)))


def revoke_feed(engine: Engine, owner: str) -> None:
    """Revoke an owner's feed, if there is one."""
    with engine.begin() as connection:
        connection.execute(_ends(owner))


def _ends(owner: str) -> Any:
    return update(console_feeds).where(_row.owner == owner, _row.revoked_at.is_(None)).values(revoked_at=_NOW)


def feed_since(engine: Engine, owner: str) -> datetime | None:
    """When an owner's feed was created; None without one."""
    with reading(engine) as connection:
        query = select(_row.created_at).where(_row.owner == owner, _row.revoked_at.is_(None))
        found: datetime | None = connection.execute(query).scalar()
        return found


def bearer_of_feed(engine: Engine, digest: str) -> Mapping[str, Any] | None:
    """The owner of a feed, as at the last sign-in; None for a feed that is revoked or stopped."""
    lives = (_row.digest == digest, _row.revoked_at.is_(None), _row.seen_at > _NOW - FOLLOWS)
    with reading(engine) as connection:
        found: Mapping[str, Any] | None = connection.execute(select(_row.bearer).where(*lives)).scalar()
        return found


def follow(connection: Connection, bearer: Mapping[str, Any]) -> None:
    """At a sign-in, update what the owner's feed may show."""
    there = (_row.owner == bearer["subject"], _row.revoked_at.is_(None))
    connection.execute(update(console_feeds).where(*there).values(bearer=dict(bearer), seen_at=_NOW))
