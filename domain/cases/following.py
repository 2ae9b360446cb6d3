"""A case that follows from another, tried out before it is announced: what its rules would refuse is refused now."""

from collections.abc import Mapping
from typing import Any

from domain.cases.procedure import PROCEDURES, open_case
from domain.cases.proceeding import Proceeding
from domain.cases.turn import PLATFORM, Turn
from domain.statutes.model import Clause
from domain.words import ProcedureName


def follow_with(
    turn: Turn[Any], procedure: ProcedureName, application: Mapping[str, Any], clause: Clause | None
) -> None:
    """Announce a case that follows (转立新事项). Raises Refused when its procedure would not let it be opened."""
    it = PROCEDURES[procedure]
    matter = it.matter.model_validate(dict(application))
    new: Proceeding = it.new_case("", turn.case.statute, turn.case.policy, matter)
    open_case(new, PLATFORM, turn.at)
    turn.open_other(procedure, application, clause)
