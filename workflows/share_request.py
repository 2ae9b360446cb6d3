"""Share request (政务数据共享申请): from filing to the last instance, under whichever statute applies."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.cases.commands import Command
    from domain.cases.decide import decide
    from domain.cases.filing import file
    from domain.cases.turn import Refused
    from domain.side_effects import KEY_REUSED, Answer, CaseView, Filing, FilingKey
    from domain.words import Stage
    from workflows.durable_case import DurableCase


@workflow.defn(name="ShareRequest")
class ShareRequestWorkflow(DurableCase):
    """One request and, if it is refused or met with silence, the dispute about it.

    The stages stand here in the order in which the regulations have them. What may be done in each, by whom
    and with what effect is ``domain/cases``; which limit applies is the statute.
    """

    @workflow.init
    def __init__(self, filing: Filing) -> None:
        super().__init__(filing)

    @workflow.run
    async def run(self, filing: Filing) -> CaseView:
        """Carry the case from filing until it is closed."""
        await self.file(filing)
        while not self.case.closed:
            match self.case.stage:
                case Stage.COMPLETENESS_CHECK:
                    await self.people_or_time("规范性审查: the bureau accepts, declines or returns the papers")
                case Stage.SUPPLEMENT:
                    await self.people_or_time("补正: the requester completes the papers")
                case Stage.PLATFORM_AUTHORIZATION:
                    await self.people_or_time("平台授权: the bureau authorises or refuses for the platform")
                case Stage.PROVIDER_ANSWER:
                    await self.people_or_time("答复: the provider grants or refuses; silence decides nothing")
                case Stage.REFUSED:
                    await self.people_or_time("不同意: the requester accepts the refusal or disputes it")
                case Stage.NEGOTIATION:
                    await self.people_or_time("协商: the parties agree on terms or declare an impasse")
                case Stage.COORDINATION:
                    await self.people_or_time("协调: the bureau coordinates, adjudicates or refers")
                case Stage.FINAL_INSTANCE:
                    await self.people_or_time("决定: the last instance grants, denies or sends back")
                case Stage.DELIVERY:
                    await self.people_or_time("提供: the provider hands the data over")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.view()

    async def file(self, filing: Filing) -> None:
        """申请: the gate, then the first limit. Doors ask the same rules before they start a case."""
        at = self.received(filing.filed_at)
        digests = {"statute_digest": filing.statute_digest, "filing_digest": filing.digest}
        try:
            _, events = file(
                filing.request_id, filing.application, filing.statute, filing.policy, at, filing.person, digests
            )
        except Refused as refusal:
            raise self.refused(refusal) from None
        while not await self.record(events, key=filing.key):
            if self.case.filed:
                return

    def header(self) -> dict[str, Any]:
        """What the ledger keeps of the case beside its events."""
        filing = self.filing
        application = filing.application
        return {
            "procedure": "share_request",
            "statute": filing.statute.id,
            "statute_digest": filing.statute_digest,
            "statute_data": filing.statute.model_dump(mode="json", exclude_none=True),
            "policy": filing.policy.model_dump(mode="json"),
            "application": application.model_dump(mode="json", exclude_none=True),
            "filed_at": filing.filed_at,
            "requester_code": application.requester.code,
            "requester_name": application.requester.name,
            "provider_code": application.provider.code,
            "provider_name": application.provider.name,
            "resource_code": application.resource.code,
            "resource_name": application.resource.name,
            "sharing_class": application.resource.sharing_class,
            "filing_key": filing.key,
            "filing_digest": filing.digest,
            "workflow_id": workflow.info().workflow_id,
        }

    # Updates: people's decisions

    @workflow.update(name="filed")
    async def filed(self, meant: FilingKey | None = None) -> CaseView:  # noqa: ARG002 - the validator looks at it
        """Answer once the filing stands in the ledger."""
        await workflow.wait_condition(lambda: self.case.filed)
        return self.view()

    @filed.validator
    def may_be_told(self, meant: FilingKey | None = None) -> None:
        """Not to somebody who means another filing: one key was used twice at once. Older histories name none."""
        if meant is not None and (meant.key, meant.digest) != (self.filing.key, self.filing.digest):
            raise ApplicationError("the key files another request", type=KEY_REUSED, non_retryable=True)

    @workflow.update(name="command")
    async def command(self, command: Command) -> Answer:
        """Carry out one command: it is in the ledger when this answers."""
        at = self.received(command.received_at)
        written = await self.decide(lambda: decide(self.case, command, at), command.key)
        return Answer(head=written[-1].seq, events=[event.type.value for event in written], case=self.view())

    @command.validator
    def may_command(self, command: Command) -> None:
        """May this be done now? A no leaves no history."""
        self.ready()
        self.first_use(command.key)
        self.unchanged_since(command.if_head)
        try:
            decide(self.case, command, self.received(command.received_at))
        except Refused as refusal:
            raise self.refused(refusal) from None
        except ValueError as error:
            raise ApplicationError(str(error), type="invalid_command", non_retryable=True) from None
