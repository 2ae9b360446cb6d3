"""One run of a case's workflow, and when it must hand over to the next (continue-as-new).

Temporal takes at most 2,000 updates and 51,200 events in one run, and then refuses every further one for ever.
"""

from temporalio import workflow

MOST_UPDATES = 1000
"""The number of updates after which the next run takes over, well below the server's limit."""


class HandingOver(Exception):
    """This run should hand over: the next run will ask again for what was being waited for."""


class ThisRun:
    """One run: ``updates`` counts those it has taken; when it is ``leaving``, further ones are for the next run."""

    def __init__(self) -> None:
        self.updates = 0
        self.leaving = False

    @property
    def should_continue_as_new(self) -> bool:
        """Whether the next run should take over: Temporal suggests it, or many updates were taken."""
        return self.updates >= MOST_UPDATES or workflow.info().is_continue_as_new_suggested()
