"""How far one run of a case's workflow has come. A case outlives its runs: one hands over to the next in time.

Temporal takes 2,000 updates and 51,200 events in one run and then refuses every further one, for ever.
"""

from temporalio import workflow

MOST_UPDATES = 1000
"""After so many updates the next run takes over, well before the server's limit."""


class HandingOver(Exception):
    """This run has grown long: what was being waited for, the next run will ask for again."""


class ThisRun:
    """One run: ``updates`` counts those that it took, ``leaving`` says that the next run takes those to come."""

    def __init__(self) -> None:
        self.updates = 0
        self.leaving = False

    @property
    def should_continue_as_new(self) -> bool:
        """Whether the next run should take over: Temporal says so, or many updates came."""
        return self.updates >= MOST_UPDATES or workflow.info().is_continue_as_new_suggested()
