"""Share request (政务数据共享申请): from filing to the last instance, under whichever statute applies."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    import domain.procedures  # noqa: F401 - all rules, found by the procedure's name
    from domain.procedures.share_request.case import ShareRequestCase
    from domain.procedures.share_request.filing import file
    from domain.words import Stage
    from protocol.messages import CaseView, Filing
    from workflows.durable_case import DurableCase


@workflow.defn(name="ShareRequest")
class ShareRequestWorkflow(DurableCase):
    """One request and, if it is refused or met with silence, the dispute about it.

    The stages stand here in the order in which the regulations have them. What may be done in each, by whom
    and with what effect is ``domain/procedures/share_request``; which limit applies is the statute.
    """

    @workflow.init
    def __init__(self, filing: Filing) -> None:
        super().__init__(filing, ShareRequestCase(filing.request_id, filing.statute, filing.policy, filing.application))

    @workflow.run
    async def run(self, filing: Filing) -> CaseView:
        """Carry the case from filing until it is closed."""
        await self.file(filing)
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

    async def file(self, filing: Filing) -> None:
        """申请: the gate, then the first limit. Doors ask the same rules before they start a case."""
        at = self.received(filing.filed_at)
        digests = {"statute_digest": filing.statute_digest, "filing_digest": filing.digest}
        await self.take_up(
            lambda: file(
                filing.request_id, filing.application, filing.statute, filing.policy, at, filing.person, digests
            )[1]
        )
