"""Console sessions: opened, used, revoked, pruned; and the forms in progress of a session."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, and_, delete, func, insert, not_, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from ledger.engine import reading
from ledger.queries.feeds import follow
from ledger.queries.notified import told_as_now
from ledger.session_tables import console_forms, console_sessions

IDLE: Final = timedelta(hours=2)
"""The idle timeout of a session."""
SEEN_AGAIN: Final = timedelta(minutes=1)
"""How often, at most, the use of a session is recorded."""
KEPT: Final = timedelta(days=30)
"""How long a session stays in the table after its end, as a record."""
FORMS: Final = 30
"""The most forms kept in a session; older ones are dropped."""

_row = console_sessions.c
_form = console_forms.c
_NOW = func.clock_timestamp()
_LASTS: Final = (_row.revoked_at.is_(None), _row.ends_at > _NOW, _row.seen_at > _NOW - IDLE)


def open_session(engine: Engine, digest: str, bearer: Mapping[str, Any], lasts: timedelta) -> None:
    """Start a session with a maximum duration; prunes old sessions, and the forms of ended ones.

    Also updates what the bearer's feed and notifications may show.
    """
    values = {"digest": digest, "bearer": dict(bearer), "created_at": _NOW, "seen_at": _NOW, "ends_at": _NOW + lasts}
    with engine.begin() as connection:
        connection.execute(delete(console_sessions).where(_row.ends_at < _NOW - KEPT))
        over = select(_row.digest).where(_row.digest == _form.session, not_(and_(*_LASTS)))
        connection.execute(delete(console_forms).where(over.exists()))
        connection.execute(insert(console_sessions).values(values))
        follow(connection, bearer)
        told_as_now(connection, bearer)


def bearer_of(engine: Engine, digest: str, used: bool = True) -> Mapping[str, Any] | None:
    """The bearer of a valid session; None if it is over, idle for too long, or revoked.

    ``used``: record the use, so that the idle timeout restarts.
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
    """Those of some sessions that are valid."""
    with engine.begin() as connection:
        return frozenset(connection.execute(select(_row.digest).where(_row.digest.in_(digests), *_LASTS)).scalars())


def revoke_session(engine: Engine, digest: str) -> None:
    """End a session now, and delete its forms. Does nothing if it does not exist or is over."""
    there = (_row.digest == digest, _row.revoked_at.is_(None))
    with engine.begin() as connection:
        connection.execute(delete(console_forms).where(_form.session == digest))
        connection.execute(update(console_sessions).where(*there).values(revoked_at=_NOW))


def keep_form(engine: Engine, session: str, page: str, form_id: str, said: str) -> None:
    """Store what was typed into a form of a page, once; drops the oldest if there are too many."""
    kept = upsert(console_forms).values(session=session, id=form_id, page=page, said=said, kept_at=_NOW)
    newest = select(_form.id).where(_form.session == session).order_by(_form.kept_at.desc()).limit(FORMS)
    with engine.begin() as connection:
        connection.execute(kept.on_conflict_do_update(index_elements=["session", "id"], set_={"kept_at": _NOW}))
        connection.execute(delete(console_forms).where(_form.session == session, _form.id.not_in(newest)))


def kept_form(engine: Engine, session: str, page: str, form_id: str) -> str | None:
    """What was typed into a form of a page, or of a part of it; None where it is not kept."""
    query = select(_form.said).where(_form.session == session, _of(page), _form.id == form_id)
    with reading(engine) as connection:
        said: str | None = connection.execute(query).scalar()
        return said


def latest_forms(engine: Engine, session: str, page: str) -> Sequence[str]:
    """What was last typed on a page and in each of its parts."""
    latest = select(_form.said).ext(distinct_on(_form.page)).where(_form.session == session, _of(page))
    with reading(engine) as connection:
        return list(connection.execute(latest.order_by(_form.page, _form.kept_at.desc())).scalars())


def forget_forms(engine: Engine, session: str, page: str) -> None:
    """Delete the forms of a page, or of a part of it, after they were submitted."""
    with engine.begin() as connection:
        connection.execute(delete(console_forms).where(_form.session == session, _of(page)))


def _of(page: str) -> ColumnElement[bool]:
    """Condition: forms of a page and of its parts, which are named after a ``#`` as in URLs."""
    return or_(_form.page == page, _form.page.startswith(f"{page}#", autoescape=True))
