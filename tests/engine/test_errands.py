"""Errands stand in one table: each is of a stage or a command that its procedure declares, and none is missing."""

import pytest

from domain.words import ProcedureName
from procedures.registry import PROCEDURES
from workflows.errands.table import ERRANDS, errands_of


@pytest.mark.parametrize("procedure", list(ProcedureName))
def test_a_stage_in_which_the_platform_acts_has_its_errand_and_no_other_has(procedure: ProcedureName) -> None:
    """A stage that waits for nobody and has no errand would wait for ever."""
    process = PROCEDURES[procedure].process
    by_itself = {declared.stage for declared in process.stages if declared.by_itself}
    assert set(errands_of(procedure).in_stage) == by_itself


def test_an_errand_of_a_command_is_of_one_that_there_is() -> None:
    for procedure, errands in ERRANDS.items():
        assert set(errands.of_command) <= set(PROCEDURES[procedure].rules)
        assert errands.in_stage or errands.of_command or errands.before_filing
