"""Share request (共享申请): the grant whose conditions a filing disputes is looked up."""

from dataclasses import replace
from typing import cast

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.engine.case import Case
    from procedures.share_request.case import ShareRequestCase
    from procedures.share_request.filing import disputed_grant_is_there
    from protocol.messages import CaseOpening
    from workflows.correspondence import Correspondence


async def find_disputed_grant(case: Case, opening: CaseOpening, others: Correspondence) -> Case:
    """The filing, with whether the disputed grant exists; a case played alone finds no other case."""
    request = cast(ShareRequestCase, case)
    disputed = request.application.disputes_grant
    if disputed is None or opening.alone:
        return request
    found = await others.find_case(disputed)
    return replace(request, disputed_found=disputed_grant_is_there(request.application, found))
