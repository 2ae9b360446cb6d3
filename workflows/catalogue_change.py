"""Catalogue change (目录更新): from the change of law, function or content to the published catalogue."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.words import Stage
    from protocol.messages import CaseOpening, CaseView
    from workflows.opened_case import OpenedCase


@workflow.defn(name="CatalogueChange")
class CatalogueChangeWorkflow(OpenedCase):
    """An update of the catalogue. The rules of each stage are ``domain/procedures/catalogue_change/process.py``."""

    @workflow.init
    def __init__(self, opening: CaseOpening) -> None:
        super().__init__(opening)

    @workflow.run
    async def run(self, opening: CaseOpening) -> CaseView:  # noqa: ARG002 - the constructor took it
        """Carry the change until the catalogue is published."""
        await self.begin()
        while not self.case.closed:
            match self.case.stage:
                case Stage.CATALOGUE_UPDATE:
                    await self.wait_in_stage("更新: the department submits the updated entries")
                case Stage.CATALOGUE_REVIEW:
                    await self.wait_in_stage("审核: the bureau publishes the update or returns it")
        return await self.end()
