"""A case that follows from another, tried out before it is announced: what its rules would refuse is refused now."""

from collections.abc import Mapping
from typing import Any

from domain.engine.case import Case
from domain.engine.decision import PLATFORM, Decision
from domain.engine.procedure import PROCEDURES, open_case
from domain.statutes.model import Clause
from domain.words import ProcedureName


def open_follow_up(
    decision: Decision[Any], procedure: ProcedureName, application: Mapping[str, Any], clause: Clause | None
) -> None:
    """Announce a case that follows (转立新事项). Raises Refused when its procedure would not let it be opened."""
    it = PROCEDURES[procedure]
    matter = it.matter.model_validate(dict(application))
    new: Case = it.new_case("", decision.case.statute, decision.case.policy, matter)
    open_case(new, PLATFORM, decision.at)
    decision.open_other(procedure, application, clause)
