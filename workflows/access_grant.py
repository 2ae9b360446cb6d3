"""Access grant (共享授权): use, suspension, the end of service, the term and what comes after it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.words import Stage
    from protocol.messages import CaseOpening, CaseView
    from workflows.opened_case import OpenedCase


@workflow.defn(name="AccessGrant")
class AccessGrantWorkflow(OpenedCase):
    """Access granted, perhaps for years and over many runs. Its rules: ``domain/procedures/access_grant``."""

    @workflow.init
    def __init__(self, opening: CaseOpening) -> None:
        super().__init__(opening)

    @workflow.run
    async def run(self, opening: CaseOpening) -> CaseView:  # noqa: ARG002 - the constructor took it
        """Carry the grant until it is closed."""
        await self.begin()
        while not self.case.closed:
            match self.case.stage:
                case Stage.IN_USE:
                    await self.wait_in_stage("使用: uses are recorded; disuse and the term are watched")
                case Stage.SUSPENDED:
                    await self.wait_in_stage("暂停: the user puts right what was wrong, or sharing is terminated")
                case Stage.ENDING:
                    await self.wait_in_stage("终止协商: the provider negotiates the end or change with the user")
                case Stage.COORDINATION:
                    await self.wait_in_stage("协调: the bureau coordinates the dispute; access goes on")
                case Stage.FINAL_INSTANCE:
                    await self.wait_in_stage("决定: the government decides the dispute; access goes on")
                case Stage.EXPIRED:
                    await self.wait_in_stage("期满: the user may apply again")
                case Stage.DISPOSAL:
                    await self.wait_in_stage("处置: the user reports what became of the data")
        return await self.end()
