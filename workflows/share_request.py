"""Share request (政务数据共享申请): from filing to the last instance, under whichever statute applies."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.words import Stage
    from protocol.messages import CaseOpening, CaseView
    from workflows.opened_case import OpenedCase


@workflow.defn(name="ShareRequest")
class ShareRequestWorkflow(OpenedCase):
    """One request and, if it is refused or met with silence, the dispute about it.

    The stages stand here in the order in which the regulations have them. What may be done in each, by whom
    and with what effect is ``domain/procedures/share_request``; which limit applies is the statute.
    """

    @workflow.init
    def __init__(self, opening: CaseOpening) -> None:
        super().__init__(opening)

    @workflow.run
    async def run(self, opening: CaseOpening) -> CaseView:  # noqa: ARG002 - the constructor took it
        """Carry the case from filing until it is closed."""
        await self.begin()
        while not self.case.closed:
            match self.case.stage:
                case Stage.COMPLETENESS_CHECK:
                    await self.wait_in_stage("规范性审查: the bureau accepts, declines or returns the papers")
                case Stage.SUPPLEMENT:
                    await self.wait_in_stage("补正: the requester completes the papers")
                case Stage.PLATFORM_AUTHORIZATION:
                    await self.wait_in_stage("平台授权: the bureau authorises or refuses for the platform")
                case Stage.PROVIDER_ANSWER:
                    await self.wait_in_stage("答复: the provider grants or refuses; silence decides nothing")
                case Stage.REFUSED:
                    await self.wait_in_stage("不同意: the requester accepts the refusal or disputes it")
                case Stage.NEGOTIATION:
                    await self.wait_in_stage("协商: the parties agree on terms or declare an impasse")
                case Stage.COORDINATION:
                    await self.wait_in_stage("协调: the bureau coordinates, adjudicates or refers")
                case Stage.FINAL_INSTANCE:
                    await self.wait_in_stage("决定: the last instance grants, denies or sends back")
                case Stage.DELIVERY:
                    await self.wait_in_stage("提供: the provider hands the data over")
        return await self.end()
