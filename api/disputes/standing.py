"""How a dispute stands: which instance it is before, since when, what each side said, and who comes next.

All of it follows from the procedure's declaration, the text and the events; nothing here names a procedure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from domain.clocks import ClockId
from domain.engine.process import DeclaredStage
from domain.engine.records import RecordedEvent, ShownClock
from domain.statutes.loader import packaged_statutes
from domain.statutes.model import Body, Clause, LastInstance, Statute
from domain.words import EventType, ProcedureName, Role
from ledger.queries.disputing import DisputedCase, DisputePlace
from procedures.registry import ALL, PROCEDURES

INSTANCES: Final = (ClockId.NEGOTIATION, ClockId.COORDINATION, ClockId.FINAL_INSTANCE)
"""Before whom a dispute may stand, in their order: each is measured by the limit of its name."""
ROUNDS: Final = frozenset({EventType.TERMS_PROPOSED, EventType.END_PROPOSED, EventType.NEGOTIATION_RECORDED})
"""What begins another round."""
SAYING: Final = ("result", "decision", "terms", "justification", "necessity", "summary", "reason", "legal_basis")
"""In which of its data an event holds what somebody said, in the order in which it is read."""
APART: Final = frozenset({EventType.URGED, EventType.FILED})
"""What says nothing of the dispute."""


@dataclass(frozen=True)
class Position:
    """The last that somebody said in a role; ``said`` are its parts by name."""

    role: Role
    event: RecordedEvent
    said: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class NextInstance:
    """Who comes next, by which clause; ``necessity``: only where it is stated to be necessary."""

    step: ClockId
    body: Body
    clause: Clause
    necessity: bool = False


@cache
def places() -> tuple[DisputePlace, ...]:
    """The stages in which a dispute may stand, under each text."""
    return tuple(
        (it.name, statute.id, stage.stage)
        for it in ALL
        for stage in it.process.stages
        for statute in packaged_statutes().values()
        if _measured(stage, statute)
    )


def _measured(stage: DeclaredStage, statute: Statute) -> list[ClockId]:
    limits = stage.under(statute).limits
    return [instance for instance in INSTANCES if instance in limits]


def stage_of(dispute: DisputedCase) -> DeclaredStage:
    """The stage as its procedure declares it."""
    return PROCEDURES[ProcedureName(dispute.case.procedure)].process[dispute.case.stage]


def running(dispute: DisputedCase) -> ShownClock | None:
    """The limit of the instance before which the dispute stands, while it runs."""
    clocks = [clock for clock in dispute.case.clocks if clock.open and clock.id in INSTANCES]
    return max(clocks, key=lambda clock: INSTANCES.index(clock.id), default=None)


def instance_of(dispute: DisputedCase, statute: Statute) -> ClockId:
    """Before whom the dispute stands: whose limit runs, else the first that its stage measures."""
    clock = running(dispute)
    return clock.id if clock else _measured(stage_of(dispute), statute)[0]


def since(dispute: DisputedCase) -> datetime:
    """Since when it stands there: since its limit runs, else since it came into its stage."""
    clock = running(dispute)
    if clock is not None:
        return clock.started_at
    began = dispute.events[0].at
    for before, event in zip(dispute.events, dispute.events[1:], strict=False):
        began = event.at if event.stage is not before.stage else began
    return began


def rounds(dispute: DisputedCase) -> int:
    """How often something was proposed."""
    return sum(event.type in ROUNDS for event in dispute.events)


def positions(dispute: DisputedCase) -> list[Position]:
    """The last that each role said, in the order of the roles; what the engine records by itself is nobody's word."""
    last: dict[Role, Position] = {}
    for event in dispute.events:
        by_itself = event.actor.role is Role.PLATFORM and event.actor.person is None
        said = () if by_itself or event.type in APART else tuple(said_in(event))
        if said:
            last[event.actor.role] = Position(event.actor.role, event, said)
    return [last[role] for role in Role if role in last]


def said_in(event: RecordedEvent) -> Iterator[tuple[str, Any]]:
    """What somebody said in an event, part by part."""
    for name in SAYING:
        if value := event.data.get(name):
            yield name, value


def next_instance(dispute: DisputedCase, statute: Statute) -> NextInstance | None:
    """The instance after this one by the text, where the procedure leads there at all."""
    before = instance_of(dispute, statute)
    ahead = _ahead(dispute, statute, before)
    rule = statute.coordination
    last = rule.provincial if rule and rule.provincial and dispute.provincial else statute.last
    at_once = bool(rule and rule.provincial and dispute.provincial)
    if ClockId.COORDINATION in ahead and rule is not None and not at_once:
        crosses = bool(dispute.case.superior) or (rule.province_is_another_level and dispute.provincial)
        above = rule.cross_level if crosses else None
        body = above or statute.bodies[rule.by]
        return NextInstance(ClockId.COORDINATION, body, above.clause if above else rule.clause)
    if ClockId.FINAL_INSTANCE in ahead and last is not None:
        return _as_last(last, statute)
    return None


def _as_last(last: LastInstance, statute: Statute) -> NextInstance:
    return NextInstance(ClockId.FINAL_INSTANCE, statute.bodies[last.by], last.clause, last.necessity)


def _ahead(dispute: DisputedCase, statute: Statute, before: ClockId) -> Sequence[ClockId]:
    """The later instances to which the stage leads, or that it measures itself."""
    process, here = PROCEDURES[ProcedureName(dispute.case.procedure)].process, stage_of(dispute).under(statute)
    there = [process[stage] for stage in here.leads_to if stage in process]
    found = {instance for stage in [here, *there] for instance in _measured(stage, statute)}
    return [
        instance for instance in INSTANCES if instance in found and INSTANCES.index(instance) > INSTANCES.index(before)
    ]
