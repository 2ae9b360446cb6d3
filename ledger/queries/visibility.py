"""Authorization in the query: which cases a caller may see, as a condition on ``cases``."""

from sqlalchemy import ColumnElement, false, func, or_, true

from domain.access import Visibility
from ledger.codes import is_code
from ledger.tables import cases


def visible(visibility: Visibility) -> ColumnElement[bool]:
    """Let through the cases that ``visibility`` covers, and no others."""
    if visibility.everything:
        return true()
    lets: list[ColumnElement[bool]] = []
    if visibility.places:
        lets.append(func.split_part(cases.c.statute, "-", 1).in_(sorted(visibility.places)))
    if visibility.superiors:
        lets.append(cases.c.superior.in_(sorted(visibility.superiors)))
    if visibility.requester is not None:
        lets.append(is_code(cases.c.requester_code, visibility.requester))
    if visibility.provider is not None:
        lets.append(is_code(cases.c.provider_code, visibility.provider))
    return or_(false(), *lets)
