"""Authorization in the query: which cases a caller may see, as a condition on ``cases``."""

from sqlalchemy import ColumnElement, Table, false, func, or_, true

from domain.access import Visibility
from ledger.codes import is_code
from ledger.tables import cases


def visible(visibility: Visibility, among: Table = cases) -> ColumnElement[bool]:
    """Condition: ``visibility`` covers the case; ``among``: the table that has its columns."""
    if visibility.everything:
        return true()
    lets: list[ColumnElement[bool]] = []
    if visibility.places:
        lets.append(func.split_part(among.c.statute, "-", 1).in_(sorted(visibility.places)))
    if visibility.superiors:
        lets.append(among.c.superior.in_(sorted(visibility.superiors)))
    if visibility.requester is not None:
        lets.append(is_code(among.c.requester_code, visibility.requester))
    if visibility.provider is not None:
        lets.append(is_code(among.c.provider_code, visibility.provider))
    return or_(false(), *lets)
