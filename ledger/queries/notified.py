"""Notification settings: the kinds and channels that each owner chose, and confirmed mail addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from domain.messages import Language
from ledger.engine import reading
from ledger.notification_tables import console_notified
from ledger.queries.feeds import FOLLOWS


class NotificationKind(StrEnum):
    """Of what somebody is told; the words are those of the catalogue."""

    DUE = "due"
    BREACH = "breach"
    RUNG = "rung"
    HANDED_OVER = "handed_over"
    STUCK = "stuck"
    DIGEST = "digest"


class NotificationChannel(StrEnum):
    """On which way: mail to oneself, or the robot in the group of one's department."""

    MAIL = "mail"
    GROUP = "group"


Wanted = Mapping[NotificationChannel, frozenset[NotificationKind]]
"""The wanted kinds by channel."""

CODE_LASTS: Final = timedelta(hours=1)
MOST_TRIES: Final = 5
MOST_ASKED: Final = 5
"""The most confirmation codes for one owner in a day, so that nobody can fill another's mailbox."""
ASKED_IN: Final = timedelta(days=1)

_row = console_notified.c
_NOW = func.clock_timestamp()
_NO_CODE: Final[Mapping[str, Any]] = {"asked_address": None, "code": None, "tries": 0}


@dataclass(frozen=True)
class Notified:
    """An owner's settings. ``bearer``: the owner's identity when last signing in or choosing.

    ``begun``: the kinds whose earlier occasions have been skipped. ``asked_address`` waits to be confirmed.
    """

    owner: str
    bearer: Mapping[str, Any]
    language: Language
    wanted: Wanted
    begun: Wanted
    address: str | None
    asked_address: str | None


def notified(engine: Engine, owner: str) -> Notified | None:
    """An owner's settings; None before the first choice."""
    with reading(engine) as connection:
        row = connection.execute(select(console_notified).where(_row.owner == owner)).mappings().first()
        return None if row is None else _notified(row)


def all_notified(engine: Engine) -> Sequence[Notified]:
    """All owners who want notifications and have signed in recently."""
    query = select(console_notified).where(_row.wanted != {}, _row.seen_at > _NOW - FOLLOWS).order_by(_row.owner)
    with reading(engine) as connection:
        return [_notified(row) for row in connection.execute(query).mappings()]


def choose(engine: Engine, bearer: Mapping[str, Any], language: Language, wanted: Wanted) -> None:
    """Replace an owner's choice; a kind that is newly chosen begins with what happens from now on."""
    with engine.begin() as connection:
        _have(connection, bearer, language)
        query = select(_row.begun).where(_row.owner == bearer["subject"]).with_for_update()
        before = _read(connection.execute(query).scalar_one())
        begun = {channel: kinds & before.get(channel, frozenset()) for channel, kinds in wanted.items()}
        change = update(console_notified).where(_row.owner == bearer["subject"])
        connection.execute(change.values(wanted=_kept(wanted), begun=_kept(begun)))


def begun_are(engine: Engine, owner: str, wanted: Wanted, begun: Wanted) -> None:
    """Record that earlier occasions of these kinds were skipped, unless the choice has changed meanwhile."""
    with engine.begin() as connection:
        change = update(console_notified).where(_row.owner == owner, _row.wanted == _kept(wanted))
        connection.execute(change.values(begun=_kept(begun)))


def told_as_now(connection: Connection, bearer: Mapping[str, Any]) -> None:
    """At a sign-in, update what the owner may be notified of."""
    change = update(console_notified).where(_row.owner == bearer["subject"])
    connection.execute(change.values(bearer=dict(bearer), seen_at=_NOW))


# Addresses for mail


def ask_address(engine: Engine, bearer: Mapping[str, Any], language: Language, address: str, code: str) -> bool:
    """Store an address to be confirmed by the code with this digest; False after too many requests in a day."""
    owner = bearer["subject"]
    with engine.begin() as connection:
        _have(connection, bearer, language)
        row = connection.execute(
            select(_row.asked, (_row.asked_at > _NOW - ASKED_IN).label("of_late"))
            .where(_row.owner == owner)
            .with_for_update()
        ).one()
        asked = row.asked if row.of_late else 0
        if asked >= MOST_ASKED:
            return False
        values = {**_NO_CODE, "asked_address": address, "code": code, "asked_at": _NOW, "asked": asked + 1}
        connection.execute(update(console_notified).where(_row.owner == owner).values(values))
        return True


def confirm_address(engine: Engine, owner: str, code: str) -> bool:
    """Confirm the waiting address if this is the digest of its code; returns whether it is."""
    with engine.begin() as connection:
        waits = (_row.owner == owner, _row.asked_at > _NOW - CODE_LASTS, _row.tries < MOST_TRIES)
        row = connection.execute(select(_row.code, _row.asked_address).where(*waits).with_for_update()).first()
        if row is None or row.code is None:
            return False
        right = bool(row.code == code)
        values = {**_NO_CODE, "address": row.asked_address} if right else {"tries": _row.tries + 1}
        connection.execute(update(console_notified).where(_row.owner == owner).values(values))
        return right


def forget_address(engine: Engine, owner: str) -> None:
    """Stop mail to an owner, and delete the address, confirmed or not."""
    with engine.begin() as connection:
        change = update(console_notified).where(_row.owner == owner)
        connection.execute(change.values({**_NO_CODE, "address": None}))


def _have(connection: Connection, bearer: Mapping[str, Any], language: Language) -> None:
    """Create an owner's row, or update its bearer."""
    now = {"bearer": dict(bearer), "language": language, "seen_at": _NOW}
    put = insert_or_skip(console_notified).values(owner=bearer["subject"], **now)
    connection.execute(put.on_conflict_do_update(index_elements=["owner"], set_=now))


def _notified(row: RowMapping) -> Notified:
    wanted, begun = _read(row["wanted"]), _read(row["begun"])
    return Notified(row["owner"], row["bearer"], row["language"], wanted, begun, row["address"], row["asked_address"])


def _kept(wanted: Wanted) -> dict[str, list[str]]:
    return {channel.value: sorted(kind.value for kind in kinds) for channel, kinds in wanted.items() if kinds}


def _read(kept: Mapping[str, Sequence[str]]) -> dict[NotificationChannel, frozenset[NotificationKind]]:
    known = {kind.value: kind for kind in NotificationKind}
    return {
        channel: frozenset(known[kind] for kind in kept[channel.value] if kind in known)
        for channel in NotificationChannel
        if channel.value in kept
    }
