"""The one way in which a case is started, whoever opens it: a door, another case, a round of duties."""

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
"""In characters: the server takes 400 bytes."""


async def start_case(
    client: Client,
    opening: CaseOpening,
    its_own: bool = True,
    task_queue: str = TASK_QUEUE,
) -> CaseState:
    """Start a case and wait until its filing stands in the ledger; or wait for the one that was started before.

    ``its_own``: only if that one was started by this very filing. An id whose filing was refused is as good as new.
    Raises temporalio's WorkflowAlreadyStartedError when the case was started before and has ended since,
    WorkflowUpdateFailedError or WorkflowFailureError with what went wrong (:func:`protocol.errors.told_by_the_case`),
    RPCError when Temporal does not take it.
    """
    start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        CASE,
        opening,
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        **_told_of(opening),
    )
    # What goes wrong is told by the update; nobody else waits for the operation's own account of it.
    told = asyncio.create_task(start.workflow_handle())
    told.add_done_callback(lambda it: it.cancelled() or it.exception())
    state: CaseState = await client.execute_update_with_start_workflow(
        "filed",
        FilingKey(key=opening.key, digest=opening.digest) if its_own else None,
        start_workflow_operation=start,
        # Not the filing's own: Temporal would answer with the outcome of a refused one for ever.
        id=f"filed-{uuid.uuid4().hex}",
        result_type=CaseState,
    )
    return state


async def begin_anew(client: Client, opening: CaseOpening, task_queue: str = TASK_QUEUE) -> bool:
    """Start a case of which the ledger has everything and Temporal nothing; it takes over what the ledger has.

    False where Temporal has a workflow of it after all. Waits for nobody: it goes on when a worker runs. Raises
    RPCError when Temporal does not take it.
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
    """What Temporal shows of a case beside its messages, and the id by which it is one."""
    case = case_before(opening)
    return {
        "id": workflow_id(opening.request_id),
        "search_attributes": TypedSearchAttributes(search_attributes(case)),
        "static_summary": f"{case.requester.name} → {case.provider.name}"[:LONGEST_SUMMARY],
    }
