"""The errands of each procedure; one that is not in the table has none."""

from collections.abc import Mapping

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.words import CommandName, ProcedureName, Stage
    from workflows.errands.data_correction import find_holders_to_push_to
    from workflows.errands.errand import Errands
    from workflows.errands.rectification import find_origin
    from workflows.errands.resource_withdrawal import end_grants, find_holders
    from workflows.errands.share_request import find_disputed_grant

ERRANDS: Mapping[ProcedureName, Errands] = {
    ProcedureName.SHARE_REQUEST: Errands(before_filing=find_disputed_grant),
    ProcedureName.DATA_CORRECTION: Errands(of_command={CommandName.PUSH_DATA: find_holders_to_push_to}),
    ProcedureName.RECTIFICATION: Errands(before_filing=find_origin),
    ProcedureName.RESOURCE_WITHDRAWAL: Errands(before_filing=find_holders, in_stage={Stage.WITHDRAWING: end_grants}),
}


def errands_of(procedure: ProcedureName) -> Errands:
    """The errands of a procedure."""
    return ERRANDS.get(procedure, Errands())
