"""What every filing is held to before anything else: the text has the procedure, nothing is missing, the day can be."""

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
    """Why a command is not to be had under a text: nothing (None) where the text has the part that it rests on."""
    return None if part else Refused(code, clause)


def refuse_unless_given(wanted: Mapping[str, object], clause: Clause | None) -> None:
    """Raise Refused (``application_incomplete``), naming at once every field of ``wanted`` that says nothing."""
    missing = [field for field, value in wanted.items() if not value]
    if missing:
        raise Refused(RefusalCode.APPLICATION_INCOMPLETE, clause, fields=", ".join(missing))


def code_and_name(**parts: Party | Resource) -> Mapping[str, object]:
    """The code and the name of departments and resources, by field (``requester.code``): what identifies them."""
    return {f"{part}.{field}": getattr(said, field) for part, said in parts.items() for field in ("code", "name")}


def refuse_unless_past(field: str, day: date, today: date, clause: Clause | None) -> None:
    """Raise Refused (``day_out_of_range``) for a day that is still to come, or before any that can be counted from."""
    if not HORIZON.first <= day <= today:
        days = {"first": HORIZON.first.isoformat(), "last": today.isoformat()}
        raise Refused(RefusalCode.DAY_OUT_OF_RANGE, clause, field=field, **days)
