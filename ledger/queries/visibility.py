"""Authorization in the query: which cases a caller may see, as a condition on ``cases``."""

from sqlalchemy import ColumnElement, false, func, or_, true

from domain.access import Visibility
from ledger.codes import is_code
from ledger.tables import cases


def visible(sight: Visibility) -> ColumnElement[bool]:
    """Let through the cases that ``sight`` covers, and no others."""
    if sight.everything:
        return true()
    lets: list[ColumnElement[bool]] = []
    if sight.places:
        lets.append(func.split_part(cases.c.statute, "-", 1).in_(sorted(sight.places)))
    if sight.superiors:
        lets.append(cases.c.superior.in_(sorted(sight.superiors)))
    if sight.requester is not None:
        lets.append(is_code(cases.c.requester_code, sight.requester))
    if sight.provider is not None:
        lets.append(is_code(cases.c.provider_code, sight.provider))
    return or_(false(), *lets)
