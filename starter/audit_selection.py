"""The selection of cases for an audit: by department, period and statute."""

from datetime import date, datetime, time

from domain.calendar import CHINA, end_of
from ledger.queries.views import CaseFilter
from starter.errors import InvalidInput


def selected(
    department: str | None = None, first: date | None = None, last: date | None = None, statute: str | None = None
) -> CaseFilter:
    """The cases of a department (as requester or provider) that were open at some time between two days.

    Both days, in Asia/Shanghai, are in the period. Raises InvalidInput for a period that ends before it begins.
    """
    if first is not None and last is not None and last < first:
        raise InvalidInput(f"The period ends on {last}, before it begins on {first}.")
    since = None if first is None else datetime.combine(first, time(), CHINA)
    # A period up to date.max has no end: nothing comes after that day.
    before = None if last is None or last == date.max else end_of(last)
    return CaseFilter(party=department, statute=statute, since=since, before=before)
