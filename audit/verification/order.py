"""Whether the events of a history stand in an order that Temporal writes: numbered, and task after task of the worker.

The replayer takes this for granted: it would wait for ever for the end of a task that no event tells of.
"""

from collections.abc import Sequence

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from audit.verification.results import CheckFailed


def check_order(name: str, events: Sequence[HistoryEvent]) -> None:
    """Raises CheckFailed where events were left out, doubled or moved so that no server can have written them."""
    if [event.event_id for event in events] != list(range(1, len(events) + 1)):
        raise CheckFailed(f"the events of {name} are not numbered one by one: some were left out or slipped in")
    tasks = _Tasks()
    for event in events:
        if not _says_what_it_is(event):
            raise CheckFailed(f"event {event.event_id} of {name} is said to be of another kind than it is")
        if not tasks.may_follow(event):
            raise CheckFailed(f"event {event.event_id} of {name} cannot stand where it does: something was moved")
    if not tasks.begun:
        raise CheckFailed(f"{name} ends before the case began to run")


def _says_what_it_is(event: HistoryEvent) -> bool:
    """Whether the type of an event is that of its attributes; the replayer goes by the one and reads the other."""
    named = EventType.DESCRIPTOR.values_by_number.get(event.event_type)
    kind = event.WhichOneof("attributes")
    return named is not None and kind == f"{named.name.removeprefix('EVENT_TYPE_').lower()}_event_attributes"


_LAST = {
    f"workflow_execution_{end}_event_attributes"
    for end in ("completed", "failed", "timed_out", "canceled", "terminated", "continued_as_new")
}
"""What nothing can follow."""


class _Tasks:
    """The tasks that a worker is given: each is scheduled, started and ended before the next; commands name theirs."""

    def __init__(self) -> None:
        self.begun = self._ended = False
        self._scheduled = self._started = self._completed = 0

    def may_follow(self, event: HistoryEvent) -> bool:
        """Take the next event; whether it may stand here."""
        kind = event.WhichOneof("attributes")
        if kind is None or self._ended:
            return False
        said = getattr(event, kind)
        self._ended = kind in _LAST
        if kind == "workflow_task_scheduled_event_attributes":
            fits, self._scheduled = not self._scheduled, event.event_id
            return fits
        if kind == "workflow_task_started_event_attributes":
            fits = bool(self._scheduled) and not self._started and said.scheduled_event_id == self._scheduled
            self._started, self.begun = event.event_id, True
            return fits
        if kind.startswith("workflow_task_"):  # completed, failed, timed out
            fits = (said.scheduled_event_id, said.started_event_id) == (self._scheduled, self._started)
            self._scheduled = self._started = 0
            if kind == "workflow_task_completed_event_attributes":
                self._completed = event.event_id
                return fits and bool(said.started_event_id)
            return fits
        return not self._started and getattr(said, "workflow_task_completed_event_id", 0) in (0, self._completed)
