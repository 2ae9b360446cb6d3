"""Whether callers were told then what the case answers when it is run again: a history tells of each command twice."""

from collections.abc import Iterator, Mapping

from temporalio.api.update.v1 import Outcome
from temporalio.client import WorkflowHistory

from protocol.messages import Answer
from protocol.payloads import data_converter


def answered_otherwise(name: str, history: WorkflowHistory, answers: Mapping[str, Answer | None]) -> Iterator[str]:
    """Each command that was answered otherwise than it is when the run is run again (by which events, or refused).

    ``answers`` by the id of the update.
    """
    for event in history.events:
        if event.HasField("workflow_execution_update_completed_event_attributes"):
            said = event.workflow_execution_update_completed_event_attributes
            if said.meta.update_id in answers and not _is_said(answers[said.meta.update_id], said.outcome):
                yield f"{name}: run again, the case answers a command otherwise than event {event.event_id} says"


def _is_said(answer: Answer | None, outcome: Outcome) -> bool:
    if answer is None or not outcome.HasField("success"):
        return answer is None and not outcome.HasField("success")
    try:
        [there] = data_converter.payload_converter.from_payloads(outcome.success.payloads, [Answer])
    except Exception:  # what was packed is anybody's, and each converter has errors of its own
        return False
    return isinstance(there, Answer) and there == answer
