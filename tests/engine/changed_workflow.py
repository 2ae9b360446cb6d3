"""A share request as a careless programmer would change it: one step more, and no patch marker to say so."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from protocol.messages import CaseView, Filing
    from workflows.share_request import ShareRequestWorkflow


@workflow.defn(name="ShareRequest")
class OneStepMore(ShareRequestWorkflow):
    @workflow.init
    def __init__(self, filing: Filing) -> None:
        super().__init__(filing)

    @workflow.run
    async def run(self, filing: Filing) -> CaseView:
        return await super().run(filing)

    async def file(self, filing: Filing) -> None:
        await super().file(filing)
        await self.record([], key=None)
