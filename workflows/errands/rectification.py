"""Rectification (督促整改): the case that a person names as the origin of a notice is looked up."""

from dataclasses import replace
from typing import cast

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.access import place_of
    from domain.engine.case import Case
    from procedures.rectification.case import RectificationCase
    from procedures.rectification.rules import origin_is_there
    from protocol.messages import CaseOpening
    from workflows.correspondence import Correspondence


async def find_origin(case: Case, opening: CaseOpening, others: Correspondence) -> Case:
    """The notice with the result of the look-up; an origin named by another case needs none."""
    notice = cast(RectificationCase, case)
    origin = notice.application.origin
    if origin is None or origin.request_id is None or opening.opened_by is not None:
        return notice
    found = await others.find_case(origin.request_id)
    return replace(notice, origin_found=origin_is_there(notice.application, place_of(notice.statute.id), found))
