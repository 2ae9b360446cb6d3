"""Rectification (督促整改): notice, completion, review, and the further steps of the text."""

from dataclasses import replace
from typing import cast

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.access import place_of
    from domain.procedures.rectification.case import RectificationCase
    from domain.procedures.rectification.rules import origin_is_there
    from domain.words import Stage
    from protocol.messages import CaseOpening, CaseView
    from workflows.opened_case import OpenedCase


@workflow.defn(name="Rectification")
class RectificationWorkflow(OpenedCase):
    """A notice to put something right. The rules of each stage are ``domain/procedures/rectification/process.py``."""

    @workflow.init
    def __init__(self, opening: CaseOpening) -> None:
        super().__init__(opening)

    @workflow.run
    async def run(self, opening: CaseOpening) -> CaseView:
        """Carry the notice until it is closed."""
        if opening.snapshot is None:
            await self.find_origin()
        await self.begin()
        while not self.case.closed:
            match self.case.stage:
                case Stage.RECTIFYING:
                    await self.wait_in_stage("整改: the department reports what it has done")
                case Stage.RECTIFICATION_REVIEW:
                    await self.wait_in_stage("验收: whoever ordered it accepts or rejects")
                case Stage.ESCALATED:
                    await self.wait_in_stage("上报: the organ of the step concludes, the department may still report")
        return await self.end()

    async def find_origin(self) -> None:
        """What a person names as the origin of the notice is looked up; what another case names is known."""
        notice = cast(RectificationCase, self.case)
        origin = notice.application.origin
        if origin is None or origin.request_id is None or self.opening.opened_by is not None:
            return
        found = await self.find_case(origin.request_id)
        there = origin_is_there(notice.application, place_of(notice.statute.id), found)
        self.case = replace(notice, origin_found=there)
