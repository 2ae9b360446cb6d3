"""The time in a case: the server's time plus the shift of a played case, in Asia/Shanghai."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.calendar import CHINA
    from domain.engine.case import Case
    from protocol.messages import CaseOpening


def now(opening: CaseOpening) -> datetime:
    """The current instant in a case."""
    return (workflow.now() + opening.shift).astimezone(CHINA)


def received(opening: CaseOpening, case: Case, at: datetime | None) -> datetime:
    """The instant of receipt: as the door says, but not in the future and not before the last recorded event."""
    present = now(opening)
    instant = min(at.astimezone(CHINA), present) if at is not None else present
    return max(instant, case.last_at) if case.last_at is not None else instant
