"""Resource withdrawal (资源撤销): notice in advance, consent or record, and the grants end in order."""

from dataclasses import replace
from typing import cast

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.procedures.resource_withdrawal.case import User, WithdrawalCase
    from domain.procedures.resource_withdrawal.rules import grant_ended, resource_withdrawn
    from domain.refusal_codes import RefusalCode
    from domain.words import CommandName, Stage
    from protocol.messages import CaseOpening, CaseView
    from workflows.opened_case import OpenedCase


@workflow.defn(name="ResourceWithdrawal")
class ResourceWithdrawalWorkflow(OpenedCase):
    """A resource that its provider takes back. Its rules: ``domain/procedures/resource_withdrawal``."""

    @workflow.init
    def __init__(self, opening: CaseOpening) -> None:
        super().__init__(opening)

    @workflow.run
    async def run(self, opening: CaseOpening) -> CaseView:
        """Carry the withdrawal until it is closed."""
        if opening.snapshot is None:
            await self.find_holders()
        await self.begin()
        while not self.case.closed:
            match self.case.stage:
                case Stage.WITHDRAWAL_REVIEW:
                    await self.wait_in_stage("审核: negotiated with the users, and consented to by the bureau")
                case Stage.WITHDRAWAL_NOTICE:
                    await self.wait_in_stage("告知期: those who use it prepare; then what was consented to is done")
                case Stage.COORDINATION:
                    await self.wait_in_stage("协调: the bureau coordinates the dispute; the resource stays meanwhile")
                case Stage.FINAL_INSTANCE:
                    await self.wait_in_stage("决定: the government decides the dispute; the resource stays meanwhile")
                case Stage.WITHDRAWING:
                    await self.act(self.end_grants)
        return await self.end()

    @property
    def withdrawal(self) -> WithdrawalCase:
        """The case, as its own kind."""
        return cast(WithdrawalCase, self.case)

    async def find_holders(self) -> None:
        """提前告知: whoever holds an open grant is told with the filing."""
        found = await self.open_grants(self.case.provider.code or "", self.case.resource.code or "")
        holders = tuple(User(code=it.code, name=it.name, grant=it.request_id) for it in found)
        self.case = replace(self.withdrawal, holders=holders)

    async def end_grants(self) -> None:
        """撤销: the grants end one after the other, oldest first, also those opened since; then it is withdrawn."""
        said = {"reason": self.withdrawal.application.reason, "withdrawal": self.case.request_id}
        while True:
            found = await self.open_grants(self.case.provider.code or "", self.case.resource.code or "")
            now = [User(code=it.code, name=it.name, grant=it.request_id) for it in found]
            left = [
                user
                for user in (*self.withdrawal.told, *now)
                if user.grant is not None and user.grant not in self.withdrawal.ended
            ]
            if not left:
                break
            user = left[0]
            assert user.grant is not None
            refused = await self.tell_other(user.grant, CommandName.END_SERVICE, said)
            if refused not in (None, RefusalCode.CASE_CLOSED):
                # The resource is not withdrawn while somebody may still use it.
                await self.wait_for_another_case(refused)
                continue
            holder = {"code": user.code, "name": user.name}
            await self.carry_out(grant_ended(user.grant, holder, gone=refused is not None))
        await self.carry_out(resource_withdrawn)
