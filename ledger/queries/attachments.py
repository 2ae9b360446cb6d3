"""Attachments: who uploaded which content, and who may download it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Final

from sqlalchemy import ColumnElement, Engine, and_, exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from domain.access import Visibility
from domain.codes import code_key
from ledger.queries.visibility import visible
from ledger.tables import attachments, cases, events, named_papers


@dataclass(frozen=True)
class Attachment:
    """A content by its digests, with the name under which the organisation uploaded it; ``size`` in bytes."""

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
    """Store a content with ``store``, and note that ``subject`` of ``org`` uploaded it; returns whether it is the first
    upload by that organisation. A lock keeps the content from being removed in between.

    An earlier note stays as it is. Errors of ``store`` are passed on, and then nothing is noted.
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
    """Remove a content with ``remove``, unless somebody has uploaded it (again); returns whether it was removed.

    A lock keeps it from being uploaded meanwhile. Errors of ``remove`` are passed on.
    """
    wanted = select(exists().where(attachments.c.sha256 == sha256))
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_lock_of(sha256))))
        return not connection.execute(wanted).scalar_one() and remove(sha256)


def _lock_of(sha256: str) -> int:
    """The number of a content's advisory lock: as many bits of its digest as fit."""
    return int(sha256[:15], 16)


def attachment_for(engine: Engine, sha256: str, org: str | None, visibility: Visibility | None) -> Attachment | None:
    """A content that ``org`` uploaded, or that its uploader filed with a case in ``visibility``; otherwise None.

    Without a visibility, for the engine itself: any content that was uploaded and not disposed of.

    Anybody who knows a digest can name it in a filing, so a case gives access only to what its filer uploaded.
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


def _named_in(sha256: str, visibility: Visibility) -> ColumnElement[bool]:
    """Condition: a case names the content that was filed by its uploader, or opened for them by another case."""
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
