"""Resource withdrawal (资源撤销): holders of grants are told, and their grants end before the resource is withdrawn."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.engine.case import Case
    from domain.refusal_codes import RefusalCode
    from domain.words import CommandName
    from procedures.resource_withdrawal.case import User, WithdrawalCase
    from procedures.resource_withdrawal.rules import grant_ended, resource_withdrawn
    from protocol.messages import CaseOpening
    from workflows.correspondence import Correspondence
    from workflows.recording import Recorder


async def find_holders(case: Case, _: CaseOpening, others: Correspondence) -> Case:
    """提前告知: look up the holders of open grants, who are told with the filing."""
    holders = await _holders(case, others, stays=True)
    return replace(cast(WithdrawalCase, case), holders=tuple(holders))


async def end_grants(recorder: Recorder, others: Correspondence) -> None:
    """撤销: end the grants one by one, oldest first, including those opened since; then withdraw the resource."""
    while (user := await _next_to_end(recorder, others)) is not None:
        assert user.grant is not None
        case = cast(WithdrawalCase, recorder.case)
        said = {"reason": case.application.reason, "withdrawal": case.request_id}
        refused = await others.tell(user.grant, CommandName.END_SERVICE, said)
        if refused not in (None, RefusalCode.CASE_CLOSED):
            # The resource is not withdrawn while somebody may still use it.
            await others.wait_for_another_case(refused)
            continue
        holder = {"code": user.code, "name": user.name}
        await recorder.carry_out(grant_ended(user.grant, holder, gone=refused is not None))
    await recorder.carry_out(resource_withdrawn)


async def _next_to_end(recorder: Recorder, others: Correspondence) -> User | None:
    now = await _holders(recorder.case, others)
    case = cast(WithdrawalCase, recorder.case)
    left = (user for user in (*case.told, *now) if user.grant is not None and user.grant not in case.ended)
    return next(left, None)


async def _holders(case: Case, others: Correspondence, stays: bool = False) -> Sequence[User]:
    found = await others.open_grants(case.provider.code or "", case.resource.code or "", stays)
    return [User(code=it.code, name=it.name, grant=it.request_id) for it in found]
