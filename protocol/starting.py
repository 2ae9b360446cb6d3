"""Starting a case: the only way, used by doors, other cases and rounds of duties."""

import asyncio
import uuid
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import TypedSearchAttributes, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from protocol.messages import CaseOpening, CaseState, FilingKey
from protocol.names import CASE, TASK_QUEUE, workflow_id
from protocol.opening import case_before
from protocol.search_attributes import search_attributes

LONGEST_SUMMARY = 120
"""In characters; the server allows 400 bytes."""


async def start_case(
    client: Client,
    opening: CaseOpening,
    its_own: bool = True,
    task_queue: str = TASK_QUEUE,
) -> CaseState:
    """Start a case and wait until its filing is in the ledger; or, if it was started before, wait for that one.

    ``its_own``: wait for an earlier one only if it was started by this very filing. An id whose filing was refused can
    be used again. Raises temporalio's WorkflowAlreadyStartedError if the case was started before and has ended since,
    WorkflowUpdateFailedError or WorkflowFailureError with the reason (:func:`protocol.errors.told_by_the_case`), and
    RPCError if Temporal does not accept it.
    """
    start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        CASE,
        opening,
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        **_told_of(opening),
    )
    # The update reports failures; retrieve the start operation's own exception so that asyncio does not log it.
    told = asyncio.create_task(start.workflow_handle())
    told.add_done_callback(lambda it: it.cancelled() or it.exception())
    state: CaseState = await client.execute_update_with_start_workflow(
        "filed",
        FilingKey(key=opening.key, digest=opening.digest) if its_own else None,
        start_workflow_operation=start,
        # A new id each time: under a fixed one Temporal would return the outcome of a refused filing for ever.
        id=f"filed-{uuid.uuid4().hex}",
        result_type=CaseState,
    )
    return state


async def begin_anew(client: Client, opening: CaseOpening, task_queue: str = TASK_QUEUE) -> bool:
    """Start the workflow of a case that the ledger has and Temporal lost; it takes over what the ledger has.

    False if Temporal has a workflow of it after all. Does not wait: it continues when a worker runs. Raises RPCError if
    Temporal does not accept it.
    """
    never_twice = WorkflowIDReusePolicy.REJECT_DUPLICATE
    try:
        await client.start_workflow(
            CASE, opening, task_queue=task_queue, id_reuse_policy=never_twice, **_told_of(opening)
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


def _told_of(opening: CaseOpening) -> dict[str, Any]:
    """The workflow id, search attributes and summary of a case."""
    case = case_before(opening)
    return {
        "id": workflow_id(opening.request_id),
        "search_attributes": TypedSearchAttributes(search_attributes(case)),
        "static_summary": f"{case.requester.name} → {case.provider.name}"[:LONGEST_SUMMARY],
    }
