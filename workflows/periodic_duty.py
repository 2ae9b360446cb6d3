"""Periodic duty (定期工作): one duty of one body in one period, from its beginning to its record."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.words import Stage
    from protocol.messages import CaseOpening, CaseView
    from workflows.opened_case import OpenedCase


@workflow.defn(name="PeriodicDuty")
class PeriodicDutyWorkflow(OpenedCase):
    """What is due again and again. The rules are ``domain/procedures/periodic_duty/process.py``."""

    @workflow.init
    def __init__(self, opening: CaseOpening) -> None:
        super().__init__(opening)

    @workflow.run
    async def run(self, opening: CaseOpening) -> CaseView:  # noqa: ARG002 - the constructor took it
        """Remind, wait for the record of fulfilment, and stay open when it does not come."""
        await self.begin()
        while not self.case.closed:
            match self.case.stage:
                case Stage.DUTY:
                    await self.wait_in_stage("履行: done in time, done late, or closed as unfulfilled")
        return await self.end()
