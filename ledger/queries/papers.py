"""Which papers organisations have uploaded, which of them the ledger still knows, and which act disposed of one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, Table, func, select, text

from domain.log.acts import ActKind
from ledger.engine import reading
from ledger.log_tables import operator_acts
from ledger.tables import attachments, brought_papers


@dataclass(frozen=True)
class BroughtPaper:
    """A paper that a case names, uploaded by the organisation that names it there or has filed the case.

    ``seq`` is the event that names it, ``noted`` whether the upload is still in the table of attachments.
    """

    request_id: str
    sha256: str
    seq: int
    org: str
    brought_at: datetime
    noted: bool


# In every event, not only in those that give access to papers: what a case names, it may rest on.
_BROUGHT = text(
    """
    WITH named AS (
        SELECT events.request_id, seq, actor ->> 'org' AS org, named_there #>> '{}' AS sha256
        FROM events, jsonb_path_query(data, 'lax $.documents[*].sha256') AS named_there
        WHERE events.request_id = ANY(:these) AND jsonb_typeof(named_there) = 'string'
        UNION ALL
        SELECT request_id, 1, coalesce(actor ->> 'org', CASE WHEN opened_by IS NOT NULL THEN requester_code END),
            named_there #>> '{}'
        FROM filings JOIN cases USING (request_id) JOIN events USING (request_id),
            jsonb_path_query(application, 'lax $.documents[*].sha256') AS named_there
        WHERE request_id = ANY(:these) AND events.seq = 1 AND jsonb_typeof(named_there) = 'string')
    SELECT DISTINCT ON (named.request_id, named.sha256) named.request_id, named.sha256, named.seq, brought.org,
        brought.brought_at, attachments.sha256 IS NOT NULL AS noted
    FROM named JOIN brought_papers brought ON brought.sha256 = named.sha256 AND brought.org = upper(named.org)
        LEFT JOIN attachments ON attachments.sha256 = brought.sha256 AND attachments.org = brought.org
    ORDER BY named.request_id, named.sha256, noted DESC, named.seq
    """
)


def brought_in(engine: Engine, request_ids: Sequence[str]) -> list[BroughtPaper]:
    """The papers of these cases that were uploaded, each once."""
    with reading(engine) as connection:
        return [BroughtPaper(**row) for row in connection.execute(_BROUGHT, {"these": list(request_ids)}).mappings()]


def brought_by(engine: Engine, digests: Collection[str], ever: bool = False) -> Mapping[str, frozenset[str]]:
    """For each of these contents that was uploaded, the codes of its uploaders, in capitals.

    ``ever``: also of uploads that are no longer in the table of attachments.
    """
    table: Table = brought_papers if ever else attachments
    query = select(table.c.sha256, func.array_agg(table.c.org)).where(table.c.sha256.in_(digests))
    with reading(engine) as connection:
        return {digest: frozenset(orgs) for digest, orgs in connection.execute(query.group_by(table.c.sha256))}


def disposed_by(engine: Engine, digests: Collection[str]) -> Mapping[str, int]:
    """For each of these contents that was disposed of, the number of the last act that did so."""
    found: dict[str, int] = {}
    with reading(engine) as connection:
        for digest in digests:
            names_it = operator_acts.c.kind == ActKind.DISPOSE, operator_acts.c.details["papers"].contains([digest])
            last = connection.execute(select(func.max(operator_acts.c.number)).where(*names_it)).scalar()
            if last is not None:
                found[digest] = last
    return found
