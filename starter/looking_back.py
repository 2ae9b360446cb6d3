"""A case as it stood at an instant of the past (回放): where, with whom, under which limits, and what could be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.engine.case import Case
from domain.engine.decide import allowed
from domain.engine.evolve import evolve_all
from domain.engine.records import Clock, RecordedEvent
from domain.words import CommandName, Outcome, ProcedureName, Role, Stage
from ledger.queries.views import CaseDetail
from procedures.assignees import assignees
from procedures.registry import PROCEDURES
from starter.errors import NotFound


@dataclass(frozen=True)
class PastState:
    """A case after the events of up to an instant, by the rules under which it was filed.

    ``events`` are those events; ``waits_for`` whose move it was; ``allowed`` the commands that each role might give.
    """

    at: datetime
    stage: Stage
    outcome: Outcome | None
    waits_for: Sequence[Role]
    allowed: Mapping[Role, Sequence[CommandName]]
    clocks: Sequence[Clock]
    events: Sequence[RecordedEvent]


def as_it_stood(detail: CaseDetail, events: Sequence[RecordedEvent], at: datetime) -> PastState:
    """The case at an instant. What time alone had brought by then stands there as far as it was recorded.

    Raises NotFound for an instant before the filing, RuleTextMissing where the ledger has lost a text.
    """
    until = [event for event in events if event.at <= at]
    if not until:
        raise NotFound(f"{detail.request_id} was not filed yet at {at.isoformat()}.")
    procedure = PROCEDURES[ProcedureName(detail.procedure)]
    matter = procedure.matter.model_validate(dict(detail.application))
    before: Case = procedure.new_case(detail.request_id, detail.statute_then, detail.policy_then, matter)
    case = evolve_all(before, until)
    provincial = bool(detail.application.get("involves_provincial_department"))
    may = {role: allowed(procedure, case, role) for role in Role}
    return PastState(
        at=at,
        stage=case.stage,
        outcome=case.outcome,
        waits_for=assignees(procedure.name, case.stage, case.statute, provincial),
        allowed={role: names for role, names in may.items() if names},
        clocks=list(case.clocks.values()),
        events=until,
    )
