"""Use of a text (条款的适用): which of the newest cases under it cite which article."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Engine, Subquery, exists, func, select

from domain.access import Visibility
from ledger.engine import reading
from ledger.queries.cases import LARGEST_PAGE, shown_page
from ledger.queries.listing import page_of_cases
from ledger.queries.views import CaseFilter, CaseSummary
from ledger.tables import events

AMONG: Final = 500
"""How many of the latest cases are looked at, so that the cost does not grow with the ledger."""

CitedArticle = tuple[str, str]
"""A regulation and the number of one of its articles."""


def citations(engine: Engine, statute: str, visibility: Visibility) -> Mapping[CitedArticle, int]:
    """For each article, how many of the newest visible cases under a statute cite it."""
    newest = _newest(statute, visibility)
    if newest is None:
        return {}
    query = (
        select(events.c.statute, events.c.article, func.count(events.c.request_id.distinct()))
        .join_from(newest, events, events.c.request_id == newest.c.request_id)
        .where(events.c.article.is_not(None))
        .group_by(events.c.statute, events.c.article)
    )
    with reading(engine) as connection:
        return {(regulation, article): number for regulation, article, number in connection.execute(query)}


def citing_cases(
    engine: Engine, statute: str, cited: CitedArticle, visibility: Visibility, limit: int
) -> tuple[CaseSummary, ...]:
    """The newest visible cases under a statute that cite an article, latest filing first; at most ``limit``."""
    newest = _newest(statute, visibility)
    if newest is None:
        return ()
    regulation, article = cited
    citing = exists().where(
        events.c.request_id == newest.c.request_id, events.c.statute == regulation, events.c.article == article
    )
    order = (newest.c.position.desc(), newest.c.request_id.desc())
    page = select(newest).where(citing).order_by(*order).limit(min(limit, LARGEST_PAGE)).subquery()
    return shown_page(engine, page, LARGEST_PAGE, latest_first=True).cases


def _newest(statute: str, visibility: Visibility) -> Subquery | None:
    return page_of_cases(CaseFilter(statute=statute, visibility=visibility), None, AMONG)
