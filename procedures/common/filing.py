"""Checks common to all filings: the text has the procedure, no field is missing, the day is possible."""

from collections.abc import Mapping
from datetime import date

from domain.calendar.horizon import HORIZON
from domain.engine.decision import Refused
from domain.engine.filed import Party, Resource
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause


def unless_in_the_text(
    part: object, clause: Clause | None, code: RefusalCode = RefusalCode.PROCEDURE_NOT_AVAILABLE
) -> Refused | None:
    """The refusal of a command whose basis is missing in the text; None if the text has the part."""
    return None if part else Refused(code, clause)


def refuse_unless_given(wanted: Mapping[str, object], clause: Clause | None) -> None:
    """Raises Refused (``application_incomplete``) with all fields of ``wanted`` that are empty."""
    missing = [field for field, value in wanted.items() if not value]
    if missing:
        raise Refused(RefusalCode.APPLICATION_INCOMPLETE, clause, fields=", ".join(missing))


def code_and_name(**parts: Party | Resource) -> Mapping[str, object]:
    """The codes and names that identify departments and resources, by field (``requester.code``)."""
    return {f"{part}.{field}": getattr(said, field) for part, said in parts.items() for field in ("code", "name")}


def refuse_unless_past(field: str, day: date, today: date, clause: Clause | None) -> None:
    """Raises Refused (``day_out_of_range``) for a day in the future, or before the calendar."""
    if not HORIZON.first <= day <= today:
        days = {"first": HORIZON.first.isoformat(), "last": today.isoformat()}
        raise Refused(RefusalCode.DAY_OUT_OF_RANGE, clause, field=field, **days)
