"""A batch of retries (批量重试): carried out part by part, wherever a worker runs, until its list is through.

The list stands in the ledger, frozen when it was prepared, and so does what came of each: a part that is repeated
after a crash looks at what was begun and begins nothing twice.
"""

from datetime import timedelta
from functools import partial

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from protocol.batches import BatchOrder, BatchPart
    from protocol.names import MEND_PART, STUCK_BATCH

PART_TRY = timedelta(minutes=2)
SIGN_OF_LIFE = timedelta(seconds=20)
"""Another worker takes a part over when its own has been silent for so long."""
PATIENT = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=15))


@workflow.defn(name=STUCK_BATCH)
class StuckBatchWorkflow:
    """One batch. ``told`` is a signal: the batch was suspended, goes on, or was cancelled; which, the ledger says."""

    def __init__(self) -> None:
        self._told = 0

    @workflow.run
    async def run(self, order: BatchOrder) -> None:
        """Part after part, until one finds nothing left to do."""
        while True:
            told = self._told
            part: BatchPart = await workflow.execute_activity(
                MEND_PART,
                order,
                result_type=BatchPart,
                start_to_close_timeout=PART_TRY,
                heartbeat_timeout=SIGN_OF_LIFE,
                retry_policy=PATIENT,
            )
            if part.rests:
                await workflow.wait_condition(partial(self._told_since, told))
            elif not part.done:
                return

    def _told_since(self, told: int) -> bool:
        return self._told > told

    @workflow.signal(name="told")
    def told(self) -> None:
        """Look again at where the batch stands."""
        self._told += 1
