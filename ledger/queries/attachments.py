"""Attachments: who brought which content, and who may have it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final

from sqlalchemy import ColumnElement, Engine, and_, exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from domain.access import Visibility
from domain.codes import code_key
from ledger.engine import reading
from ledger.queries.visibility import visible
from ledger.tables import attachments, cases, events, named_papers


@dataclass(frozen=True)
class Attachment:
    """A content by its digests, as the organisation that brought it called it; ``size`` in bytes."""

    sha256: str
    sm3: str
    size: int
    media_type: str
    name: str


FILING: Final = 1
"""The number of the event with which a case is filed."""
_COLUMNS = [attachments.c[field.name] for field in fields(Attachment)]


def note_attachment(
    engine: Engine, brought: Attachment, org: str, subject: str, store: Callable[[], None]
) -> tuple[Attachment, bool]:
    """Have ``store`` put a content where contents are kept, and note that ``subject`` of ``org`` brought it; whether
    that organisation had not brought it before. Both while nobody removes it: what is noted is there.

    What it brought before stays as it was noted then. Raises what ``store`` does; nothing is noted then.
    """
    org = code_key(org)
    values = {**asdict(brought), "org": org, "uploaded_by": subject}
    new = insert(attachments).values(values).on_conflict_do_nothing().returning(attachments.c.sha256)
    there = select(*_COLUMNS).where(attachments.c.sha256 == brought.sha256, attachments.c.org == org)
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock_shared(_lock_of(brought.sha256))))
        store()
        if connection.execute(new).first() is not None:
            return brought, True
        return Attachment(**connection.execute(there).mappings().one()), False


def remove_unwanted(engine: Engine, sha256: str, remove: Callable[[str], bool]) -> bool:
    """Have ``remove`` let go of a content, unless somebody has brought it, perhaps again; whether it was removed now.

    Nobody brings it meanwhile: whoever does finds it there, or gone and stores it again. Raises what ``remove`` does.
    """
    wanted = select(exists().where(attachments.c.sha256 == sha256))
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_lock_of(sha256))))
        return not connection.execute(wanted).scalar_one() and remove(sha256)


def _lock_of(sha256: str) -> int:
    """The number of the lock of a content: as much of its digest as a lock's number has room for."""
    return int(sha256[:15], 16)


def attachment_for(engine: Engine, sha256: str, org: str | None, visibility: Visibility | None) -> Attachment | None:
    """A content that ``org`` brought, or with which its bringer filed a case that ``visibility`` covers; else None.

    Without a visibility it is for the engine itself: whatever anybody has brought and nobody has let go of.

    Whoever knows a digest can name it: a case of theirs gives away nothing that they have not brought themselves.
    """
    own = attachments.c.org == (code_key(org) if org is not None else None)
    query = (
        select(*_COLUMNS)
        .where(
            attachments.c.sha256 == sha256, true() if visibility is None else or_(own, _named_in(sha256, visibility))
        )
        .order_by(own.desc().nulls_last(), attachments.c.uploaded_at, attachments.c.org)
        .limit(1)
    )
    with engine.connect() as connection:
        row = connection.execute(query).mappings().first()
        return Attachment(**row) if row else None


def brought_by(engine: Engine, digests: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Of each of these contents that anybody has brought, the codes of who has, as :func:`domain.codes.code_key`."""
    query = select(attachments.c.sha256, attachments.c.org).where(attachments.c.sha256.in_(digests))
    found: dict[str, set[str]] = {}
    with reading(engine) as connection:
        for sha256, org in connection.execute(query):
            found.setdefault(sha256, set()).add(org)
    return {sha256: frozenset(orgs) for sha256, orgs in found.items()}


def _named_in(sha256: str, visibility: Visibility) -> ColumnElement[bool]:
    """Whether a case names it that is filed by who brought it, or was opened for them by another case."""
    filer = events.c.actor["org"].astext
    opened_for = and_(filer.is_(None), cases.c.opened_by.is_not(None), _is_bringer(cases.c.requester_code))
    return exists().where(
        named_papers.c.sha256 == sha256,
        cases.c.request_id == named_papers.c.request_id,
        events.c.request_id == cases.c.request_id,
        events.c.seq == FILING,
        or_(_is_bringer(filer), opened_for),
        visible(visibility),
    )


def _is_bringer(org: ColumnElement[str]) -> ColumnElement[bool]:
    return func.upper(org) == attachments.c.org
