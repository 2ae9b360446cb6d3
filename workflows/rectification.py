"""Rectification (督促整改): notice, completion, review, and the further steps of the text."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.side_effects import CaseView, Opening
    from domain.words import Stage
    from workflows.opened_case import OpenedCase


@workflow.defn(name="Rectification")
class RectificationWorkflow(OpenedCase):
    """A notice to put something right. The rules of each stage are ``domain/procedures/rectification.py``."""

    @workflow.init
    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)

    @workflow.run
    async def run(self, opening: Opening) -> CaseView:  # noqa: ARG002 - the constructor took it
        """Carry the notice until it is closed."""
        await self.begin()
        while not self.case.closed:
            match self.case.stage:
                case Stage.RECTIFYING:
                    await self.people_or_time("整改: the department reports what it has done")
                case Stage.RECTIFICATION_REVIEW:
                    await self.people_or_time("验收: whoever ordered it accepts or rejects")
                case Stage.ESCALATED:
                    await self.people_or_time("上报: the organ of the step concludes, the department may still report")
        return await self.end()
