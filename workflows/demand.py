"""Demand (需求申请, 南通细则第二十四、二十五条): from the department's answer to the request that follows."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.words import Stage
    from protocol.messages import CaseOpening, CaseView
    from workflows.opened_case import OpenedCase


@workflow.defn(name="Demand")
class DemandWorkflow(OpenedCase):
    """Data that the catalogue does not have. The rules of each stage are ``domain/procedures/demand/process.py``."""

    @workflow.init
    def __init__(self, opening: CaseOpening) -> None:
        super().__init__(opening)

    @workflow.run
    async def run(self, opening: CaseOpening) -> CaseView:  # noqa: ARG002 - the constructor took it
        """Carry the demand until it is closed."""
        await self.begin()
        while not self.case.closed:
            match self.case.stage:
                case Stage.DEMAND_REVIEW:
                    await self.wait_in_stage("需求研判: not ours, ours and published, or impossible for now")
                case Stage.PUBLICATION:
                    await self.wait_in_stage("发布: the provider publishes the resource")
                case Stage.PUBLISHED:
                    await self.wait_in_stage("申请: the requester files the request that follows")
        return await self.end()
