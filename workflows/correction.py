"""Data correction (数据校核): doubt, verification, correction or explanation, and the push to all authorised users."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.engine.commands import Command
    from domain.engine.records import Event
    from domain.procedures.data_correction.push import with_holders
    from domain.words import CommandName, Stage
    from protocol.messages import CaseOpening, CaseView
    from workflows.opened_case import OpenedCase


@workflow.defn(name="DataCorrection")
class DataCorrectionWorkflow(OpenedCase):
    """Data that is doubted. The rules of each stage are ``domain/procedures/data_correction/process.py``."""

    @workflow.init
    def __init__(self, opening: CaseOpening) -> None:
        super().__init__(opening)
        self._holders: Sequence[Mapping[str, str]] = ()

    @workflow.run
    async def run(self, opening: CaseOpening) -> CaseView:  # noqa: ARG002 - the constructor took it
        """Carry the doubt until it is closed."""
        await self.begin()
        while not self.case.closed:
            match self.case.stage:
                case Stage.VERIFICATION:
                    await self.wait_in_stage("校核: the provider verifies, then corrects or explains")
                case Stage.EXPLAINED:
                    await self.wait_in_stage("说明: the requester accepts the explanation or disputes it")
                case Stage.NEGOTIATION:
                    await self.wait_in_stage("协商: the parties agree, or nothing comes of it")
                case Stage.VERIFICATION_DISPUTE:
                    await self.wait_in_stage("协调核实: whom the text names finds out")
                case Stage.PUSH:
                    await self.wait_in_stage("推送: the corrected data goes to all who are authorised")
        return await self.end()

    async def load_context(self, command: Command) -> None:
        """Corrected data also goes to whoever holds an open grant of it at that moment."""
        if command.name is CommandName.PUSH_DATA:
            found = await self.open_grants(self.case.provider.code or "", self.case.resource.code or "", stays=True)
            self._holders = [{"code": it.code, "name": it.name, "grant": it.request_id} for it in found]

    def decided(self, command: Command, at: datetime) -> list[Event]:
        """What the rules make of a command; a push names the holders too."""
        return with_holders(super().decided(command, at), self._holders)
