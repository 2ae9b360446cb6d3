"""Follow-up cases are tried out before they are announced, so that what their rules refuse is refused at once."""

from collections.abc import Mapping
from typing import Any

from domain.engine.decision import PLATFORM, Decision
from domain.engine.procedure import Procedure, open_case
from domain.statutes.model import Clause


def open_follow_up(
    decision: Decision[Any], procedure: Procedure[Any], application: Mapping[str, Any], clause: Clause | None
) -> None:
    """Announce a follow-up case (转立新事项). Raises Refused if its procedure would not let it be opened."""
    matter = procedure.matter.model_validate(dict(application))
    new = procedure.new_case("", decision.case.statute, decision.case.policy, matter)
    open_case(procedure, new, PLATFORM, decision.at)
    decision.open_other(procedure.name, application, clause)
