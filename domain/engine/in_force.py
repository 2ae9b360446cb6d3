"""Whether a text is in force (施行日期): nothing can be filed under it before its first day."""

from datetime import datetime

from domain.calendar import day_of
from domain.engine.decision import Refused
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Statute


def refuse_before_first_day(statute: Statute, at: datetime) -> None:
    """Raises Refused for a filing received before the first day of its text, in Asia/Shanghai."""
    first, day = statute.first_day, day_of(at)
    if first is not None and day < first:
        said = {"statute": statute.id, "first": first.isoformat(), "day": day.isoformat()}
        raise Refused(RefusalCode.STATUTE_NOT_IN_FORCE, None, **said)
