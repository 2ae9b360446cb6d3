"""What a form marks as required is what the rule refuses to do without."""

import pytest

from console.case_forms import fields_now
from domain.engine.case import Case
from domain.engine.evolve import evolve
from domain.words import CommandName, Role, Stage
from procedures.registry import PROCEDURES
from tests.plays import FOLDER, on_paper


def asked(scenario: str, stage: Stage, command: CommandName, role: Role) -> set[str]:
    """The fields that the form of a command marks, when a scenario is first in a stage."""
    play = on_paper(FOLDER / f"{scenario}.yaml")
    assert play.paper is not None
    assert play.filing is not None
    case: Case = play.filing.case
    for event in play.paper.events:
        case = evolve(case, event)
        if case.stage is stage:
            break
    rule = PROCEDURES[case.procedure].rules[command]
    return {field.name for field in fields_now(rule, case, [role]) if field.required}


REFUSED = "nantong-2020/not-shared-by-provider"
NEEDS_BASIS = "changshu-2019+jiangsu/refusal-needs-basis"


@pytest.mark.parametrize(
    ("scenario", "stage", "command", "role", "fields"),
    [
        (REFUSED, Stage.PROVIDER_ANSWER, CommandName.REFUSE, Role.PROVIDER, {"reason"}),
        (NEEDS_BASIS, Stage.PROVIDER_ANSWER, CommandName.REFUSE, Role.PROVIDER, {"reason", "legal_basis"}),
        (NEEDS_BASIS, Stage.PROVIDER_ANSWER, CommandName.GRANT, Role.PROVIDER, set()),
        (NEEDS_BASIS, Stage.PROVIDER_ANSWER, CommandName.WITHDRAW, Role.REQUESTER, {"reason"}),
    ],
)
def test_a_form_marks_what_the_text_asks_for(
    scenario: str, stage: Stage, command: CommandName, role: Role, fields: set[str]
) -> None:
    assert asked(scenario, stage, command, role) == fields
