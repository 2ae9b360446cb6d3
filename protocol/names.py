"""The names under which Temporal knows workflows, activities and cases."""

TASK_QUEUE = "shareflow"
CASE = "Case"
"""The workflow type of cases of all procedures."""
RECORD_STEP = "record_step"
RECOUNT_CLOCKS = "recount_clocks"
OPEN_CASE = "open_case"
GIVE_COMMAND = "give_command"
FIND_GRANTS = "find_grants"
FIND_CASE = "find_case"
PLAN_ROUND = "plan_round"
DUTY_ROUND = "DutyRound"
"""The workflow type that opens the cases of a duty's period."""
STUCK_BATCH = "StuckBatch"
"""The workflow type that carries out a batch of retries."""
MEND_PART = "mend_part"


def workflow_id(request_id: str) -> str:
    """The id of the workflow that carries a case."""
    parts = request_id.split("-")
    return f"{parts[1].lower()}/{request_id}" if len(parts) == 3 else f"share-request/{request_id}"


def request_id_of(workflow: str) -> str:
    """The id of the case that a workflow carries; the workflow's own id if it carries none."""
    request_id = workflow.rpartition("/")[2]
    return request_id if workflow_id(request_id) == workflow else workflow


def batch_workflow_id(batch_id: str) -> str:
    """The id of the workflow that carries out a batch."""
    return f"stuck-batch/{batch_id}"
