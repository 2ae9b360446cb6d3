"""The state of one rectification (督促整改), and who is in charge of it."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from domain.clocks import ClockId
from domain.engine.decision import Refused
from domain.engine.filed import Document, Filed, Party, Resource
from domain.engine.records import Clock, Event, NumberedEvent
from domain.engine.ruled_case import RuledCase
from domain.field_types import Code, ItemCount, ShortText, Text, WorkingDays
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause
from domain.statutes.sections import Ground, RectificationRules
from domain.words import EventType, ProcedureName, Role
from procedures.common.parties import OfOneDepartment

ADDRESSEE = (Role.PROVIDER, Role.REQUESTER, Role.BUREAU)
"""The role ordered to rectify: a department in either role, or the bureau itself."""


class Origin(Filed):
    """The origin of a notice: a case and the number of its missed limit. Both are looked up."""

    request_id: Code | None = None
    clock: ItemCount | None = None


class Notice(Filed):
    """A notice of rectification (整改通知): addressee, ground in the text, facts, and limit.

    ``superior``: the place of the bureau of the level above, if that orders the bureau to rectify, not the government.
    """

    department: Party = Party()
    ground: ShortText | None = None
    facts: Text | None = None
    working_days: WorkingDays | None = None
    origin: Origin | None = None
    superior: Code | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()


@dataclass(frozen=True)
class RectificationCase(OfOneDepartment, RuledCase[RectificationRules]):
    """One rectification, from the notice to its end."""

    procedure: ClassVar[ProcedureName] = ProcedureName.RECTIFICATION

    application: Notice
    failed: bool = False
    """Whether the limit passed without completion, or completion was rejected after it without a new limit."""
    refused: bool = False
    """Whether the department has refused to rectify (拒不整改)."""
    steps: tuple[str, ...] = ()
    """The further steps taken so far."""
    origin_found: bool | None = None
    """Whether the origin named by a person exists: looked up before the notice is decided."""

    @property
    def limit(self) -> Clock:
        """The limit of the notice, as last ordered (整改时限)."""
        return max((c for c in self.clocks.values() if c.id is ClockId.RECTIFICATION), key=lambda c: c.number)

    @property
    def resource(self) -> Resource:
        """The ground, as the text names it."""
        rules = self.statute.rectification
        ground = rules.ground(self.application.ground or "") if rules else None
        return Resource(name=ground.name.zh if ground else None)

    @property
    def superior(self) -> str | None:
        """The place whose bureau (上级主管部门) ordered the bureau to rectify; None where that was the government."""
        return self.application.superior or None

    def apply_event(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """Updates failure, refusal and the steps taken."""
        match event.type:
            case EventType.CLOCK_BREACHED if event.data["clock"] == ClockId.RECTIFICATION:
                return {"failed": True}
            case EventType.COMPLETION_REPORTED:
                return {"refused": False}
            case EventType.COMPLETION_REJECTED:
                # A rejection counts as failure only after the limit; within it the work goes on.
                return {"failed": event.data.get("working_days") is None and event.at >= self.limit.due_at}
            case EventType.RECTIFICATION_REFUSED:
                return {"refused": True}
            case EventType.ESCALATED:
                return {"steps": (*self.steps, event.data["step"])}
            case _:
                return {}


def ground_of(case: RectificationCase) -> Ground:
    """The ground of the notice. Raises Refused, with the grounds of the text, if the text does not list it."""
    rules = case.rules
    ground = rules.ground(case.application.ground or "")
    if ground is None:
        listed = ", ".join(each.id for each in rules.grounds)
        raise Refused(RefusalCode.GROUND_NOT_LISTED, rules.clause, listed=listed)
    return ground


def notice_clause(case: RectificationCase) -> Clause:
    """The clause that allows ordering this rectification."""
    return ground_of(case).notice or case.rules.clause


def concerns_the_bureau(case: RectificationCase) -> bool:
    """Whether the bureau itself is at fault, and has to rectify."""
    return case.rules.orders(ground_of(case)) is Role.GOVERNMENT


def in_charge(case: RectificationCase) -> Role:
    """Who ordered it: the bureau; if the bureau is at fault, the government, or the bureau of the named superior."""
    return Role.BUREAU if case.superior else case.rules.orders(ground_of(case))


def ordered_it(case: RectificationCase, role: Role) -> None:
    """Raises Refused for anybody but the organ that ordered it."""
    if role is not in_charge(case):
        raise Refused(RefusalCode.NOT_YOUR_TURN, notice_clause(case))
