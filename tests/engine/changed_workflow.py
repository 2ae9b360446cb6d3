"""A case as a careless programmer would change it: one step more, and no patch marker to say so."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from protocol.messages import CaseOpening, CaseView
    from protocol.names import CASE
    from workflows.case import CaseWorkflow


@workflow.defn(name=CASE)
class OneStepMore(CaseWorkflow):
    @workflow.init
    def __init__(self, opening: CaseOpening) -> None:
        super().__init__(opening)

    @workflow.run
    async def run(self, opening: CaseOpening) -> CaseView:
        return await super().run(opening)

    async def begin(self) -> None:
        await super().begin()
        await self.recorder.record([])
