"""A batch of retries (批量重试): carried out part by part, on any worker, until its list is done.

The ledger has the list, frozen when the batch was prepared, and the result of each item. A part that is repeated after
a crash sees which items were begun and begins none twice.
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
"""Heartbeat timeout, after which another worker takes over a part."""
PATIENT = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=15))


@workflow.defn(name=STUCK_BATCH)
class StuckBatchWorkflow:
    """One batch. The signal ``told`` says that its state in the ledger changed: suspended, resumed or cancelled."""

    def __init__(self) -> None:
        self._told = 0

    @workflow.run
    async def run(self, order: BatchOrder) -> None:
        """Run part after part, until one finds nothing left to do."""
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
        """The state of the batch in the ledger has changed: look again."""
        self._told += 1
