"""What does not move in Temporal, told where people look: every reason of a case that waits, and code that fails.

Temporal knows it first: a case says in a search attribute why it waits, and the server reports workflows whose tasks
fail. The ledger, which lists and the API ask, follows within seconds.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from ledger.engine import Engine
from ledger.queries.operations import parked_are
from protocol.connecting import TemporalClient
from protocol.names import request_id_of
from protocol.search_attributes import STUCK_REASON

log = logging.getLogger("shareflow.stuck")

WORKFLOW_MISSING = "workflow_missing"
"""The ledger has an open case and Temporal has no workflow of it: found by the reconciliation."""
TASK_FAILING = "workflow_task_failing"
"""The workflow's code fails."""
REPORTED = "TemporalReportedProblems"
NOT_MOVING = f'({STUCK_REASON.name} IS NOT NULL OR {REPORTED} IS NOT NULL) AND ExecutionStatus = "Running"'
EVERY = timedelta(seconds=5)


async def held_up(client: TemporalClient) -> Mapping[str, Sequence[str]]:
    """The reasons of every case that does not move, by its id."""
    found: dict[str, list[str]] = {}
    async for run in client.list_workflows(NOT_MOVING):
        attributes = {pair.key.name: pair.value for pair in run.typed_search_attributes}
        reasons = [*(attributes.get(STUCK_REASON.name) or ())]
        if not reasons or attributes.get(REPORTED):
            reasons.append(TASK_FAILING)
        found.setdefault(request_id_of(run.id), []).extend(reasons)
    return found


async def note_what_is_held_up(client: TemporalClient, engine: Engine) -> None:
    """Make the ledger say of every case what Temporal says of it."""
    await asyncio.to_thread(parked_are, engine, await held_up(client), WORKFLOW_MISSING)


async def keep_noting(client: TemporalClient, engine: Engine) -> None:
    """Do so every few seconds, until cancelled. Failures are logged and tried again."""
    while True:
        try:
            await note_what_is_held_up(client, engine)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the watch must outlive whatever the database or the server does
            log.warning("what is held up cannot be noted now", extra={"error": f"{type(error).__name__}: {error}"})
        await asyncio.sleep(EVERY.total_seconds())
