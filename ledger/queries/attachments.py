"""Attachments: who brought which content, and who may have it."""

from dataclasses import asdict, dataclass, fields

from sqlalchemy import ColumnElement, Engine, exists, or_, select
from sqlalchemy.dialects.postgresql import insert

from domain.access import Visibility
from domain.codes import code_key
from ledger.queries.visibility import visible
from ledger.tables import attachments, cases, named_papers


@dataclass(frozen=True)
class Attachment:
    """A content by its digests, as the organisation that brought it called it; ``size`` in bytes."""

    sha256: str
    sm3: str
    size: int
    media_type: str
    name: str


_COLUMNS = [attachments.c[field.name] for field in fields(Attachment)]


def note_attachment(engine: Engine, brought: Attachment, org: str, subject: str) -> tuple[Attachment, bool]:
    """Note that ``subject`` of ``org`` brought a content; whether that organisation had not brought it before.

    What it brought before stays as it was noted then.
    """
    org = code_key(org)
    values = {**asdict(brought), "org": org, "uploaded_by": subject}
    new = insert(attachments).values(values).on_conflict_do_nothing().returning(attachments.c.sha256)
    there = select(*_COLUMNS).where(attachments.c.sha256 == brought.sha256, attachments.c.org == org)
    with engine.begin() as connection:
        if connection.execute(new).first() is not None:
            return brought, True
        return Attachment(**connection.execute(there).mappings().one()), False


def attachment_for(engine: Engine, sha256: str, org: str | None, visibility: Visibility) -> Attachment | None:
    """A content that ``org`` brought, or that a case which ``visibility`` covers names; None for all others."""
    own = attachments.c.org == (code_key(org) if org is not None else None)
    query = (
        select(*_COLUMNS)
        .where(attachments.c.sha256 == sha256, or_(own, _named_in_a_visible_case(sha256, visibility)))
        .order_by(own.desc().nulls_last(), attachments.c.uploaded_at, attachments.c.org)
        .limit(1)
    )
    with engine.connect() as connection:
        row = connection.execute(query).mappings().first()
        return Attachment(**row) if row else None


def _named_in_a_visible_case(sha256: str, visibility: Visibility) -> ColumnElement[bool]:
    return exists().where(
        named_papers.c.sha256 == sha256, cases.c.request_id == named_papers.c.request_id, visible(visibility)
    )
