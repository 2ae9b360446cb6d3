"""Who people are, and what they write, stands in the case: in no id, list of Temporal's, figure or line of a log."""

import logging

import pytest
from google.protobuf.json_format import MessageToJson
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest

from domain.words import Role
from embedded.simulate.sandbox import Sandbox
from protocol.names import workflow_id
from tests.api.callers import Bearer, People, filing, fresh_key
from tests.engine.cases import REQUESTER

PERSON, PURPOSE, REASON = "ZHANG-SAN-110101199003078515", "低保资格核验-李四", "王五不同意"


async def test_nothing_personal_stands_outside_the_case(
    ground: Sandbox, people: People, bearer: Bearer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        filed = await people.api.post(
            "/v1/requests",
            json=filing(purpose=PURPOSE),
            headers={**bearer(Role.REQUESTER, REQUESTER, subject=PERSON), **fresh_key()},
        )
        assert filed.status_code == 201, filed.text
        request_id = filed.json()["request_id"]
        assert (await people.give("bureau", request_id, "accept")).status_code == 200
        assert (await people.give("provider", request_id, "refuse", reason=REASON)).status_code == 200
    execution = WorkflowExecution(workflow_id=workflow_id(request_id))
    asked = DescribeWorkflowExecutionRequest(namespace=ground.temporal.namespace, execution=execution)
    told = await ground.temporal.workflow_service.describe_workflow_execution(asked)
    shown = {
        "ids": request_id + execution.workflow_id,
        "Temporal's lists": MessageToJson(told.workflow_execution_info),
        "figures": (await people.api.get("/metrics")).text,
        "logs": "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records),
    }
    events = (await people.get("auditor", f"/v1/requests/{request_id}/events")).text
    for said in (PERSON, PURPOSE, REASON):
        assert said in events or said == PURPOSE
        assert {where for where, text in shown.items() if said in text} == set()
