"""Every endpoint by every role: whoever may not call it is told 403, whoever may is answered something else."""

from collections.abc import Mapping
from typing import Any, Final

import httpx
import pytest

from domain.words import Role
from tests.api.callers import Bearer, People, filing, fresh_key
from tests.endpoint_roles import ENDPOINTS, OpenTo
from tests.engine.cases import PROVIDER, REQUESTER

PATHS: Final = {
    "{sha256}": "0" * 64,
    "{webhook_id}": "wh_0",
    "{statute_id}": "nantong-2020",
    "{name}": "application",
    "{seq}": "1",
    "{size}": "1",
    "{year}": "2026",
    "{edition}": "none",
    "{id}": "999999999",
    "{number}": "999999999",
    "{subject}": "NANTONG-NOTHING",
    "{batch_id}": "none",
    "{what}": "confirm",
}
QUERIES: Final = {
    "GET /v1/calendar/due": {"from": "2026-09-18", "working_days": "5"},
    "GET /v1/calendar/explain": {"from": "2026-09-18", "working_days": "5"},
    "GET /v1/procedures/{procedure}/diagram": {"statute": "nantong-2020"},
}
EVENT: Final = {
    "specversion": "1.0",
    "id": "1",
    "source": "/x",
    "type": "cn.gov.shareflow.platform.unheard-of.v1",
    "data": {},
}
BODIES: Final[Mapping[str, Any]] = {
    "POST /v1/requests": filing("nowhere-2020"),
    "POST /v1/events": EVENT,
    "POST /v1/requests/{request_id}/notes": {"text": "x"},
    "POST /v1/cases/{request_id}/notes": {"text": "x"},
    "POST /v1/attachments": {},
    "POST /v1/codec/decode": {"payloads": []},
    "POST /v1/codec/encode": {"payloads": []},
    "POST /v1/assessment/seals": {"from": "2020-01-01", "to": "2020-01-31", "digest": "0" * 64, "reason": "x"},
    "POST /v1/simulations": {"scenarios": ["name: x"]},
    "POST /v1/calendar/impact": {"edition": "{}"},
    "POST /v1/calendar/publications": {"edition": "{}", "digest": "0" * 64},
    "POST /v1/checkpoints/{size}/cosignatures": {"note": "x"},
    "POST /v1/webhooks": {"url": "http://not-taken.example/"},
    "POST /v1/worklist/{request_id}/hand-over": {"to": "nobody", "reason": "x", "holder": "nobody-either"},
    "POST /v1/worklist/substitutes": {"substitute": "x", "first_day": "2020-01-01", "last_day": "2020-01-01"},
    "PUT /v1/notifications": {},
    "POST /v1/notifications/address": {"address": "somebody@example.gov.cn"},
    "POST /v1/notifications/address/confirmation": {"code": "00000000"},
    "POST /v1/stuck/{subject}/retry": {"reason": "x"},
    "POST /v1/stuck/{subject}/reset": {"to": "first", "reason": "x"},
    "POST /v1/stuck/{subject}/note": {"text": "x"},
    "POST /v1/stuck/{subject}/hand-over": {"to": "nobody", "reason": "x"},
    "POST /v1/stuck/batches": {"cause": "nothing", "reason": "x"},
    "PATCH /v1/webhooks/{webhook_id}": {"events": []},
    "POST /v1/webhooks/{webhook_id}/replay": {"from": "start"},
}
"""What is sent: right for the endpoint, and done by nobody, so that nothing is changed here."""
OPENED_BY: Final = {
    Role.REQUESTER: "demand",
    Role.PROVIDER: "access_grant",
    Role.BUREAU: "rectification",
    Role.GOVERNMENT: "rectification",
}
"""A procedure that a role opens; all others try a demand. Nothing is said of what it is about: no case is opened."""
ACTS: Final = {
    Role.REQUESTER: "withdraw",
    Role.PROVIDER: "deliver",
    Role.BUREAU: "decline",
    Role.PLATFORM: "record_use",
}
"""A command that a role may give somewhere, though not so and not here; all others try to decide."""
COMMANDS: Final = ("POST /v1/requests/{request_id}/commands", "POST /v1/cases/{request_id}/commands")


@pytest.fixture(scope="module")
async def request_id(people: People) -> str:
    """A case of everybody's here, that waits for its completeness check."""
    return await people.file()


def body_of(endpoint: str, role: Role) -> Any:
    """What a role sends to an endpoint."""
    if endpoint.removesuffix("/preview") in COMMANDS:
        return {"command": ACTS.get(role, "decide")}
    if endpoint != "POST /v1/cases":
        return BODIES.get(endpoint)
    if role is Role.PLATFORM:
        return {"procedure": "share_request", **BODIES["POST /v1/requests"]}
    return {"procedure": OPENED_BY.get(role, "demand"), "statute": "nantong-2020", "request": {}}


async def call(api: httpx.AsyncClient, endpoint: str, request_id: str, headers: Mapping[str, str], role: Role) -> int:
    """The status of a call of an endpoint."""
    method, path = endpoint.replace("{request_id}", request_id).split()
    for name, value in PATHS.items():
        path = path.replace(name, value)
    kind = {"Content-Type": "application/cloudevents+json"} if endpoint == "POST /v1/events" else {}
    answer = await api.request(
        method,
        path,
        headers={**headers, **fresh_key(), **kind},
        json=body_of(endpoint, role),
        params=QUERIES.get(endpoint),
    )
    assert answer.status_code < 500, answer.text
    return answer.status_code


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_an_endpoint_is_for_its_roles(
    api: httpx.AsyncClient, bearer: Bearer, request_id: str, endpoint: str
) -> None:
    access = ENDPOINTS[endpoint]
    statuses = {}
    for role in Role:
        headers = bearer(role, PROVIDER if role is Role.PROVIDER else REQUESTER)
        statuses[role] = await call(api, endpoint, request_id, headers, role)
    nobody = await call(api, endpoint, request_id, {}, Role.REQUESTER)
    without_role = await call(api, endpoint, request_id, bearer([], REQUESTER), Role.REQUESTER)
    if access is OpenTo.ANYBODY:
        assert {nobody, without_role, *statuses.values()} == {200}
        return
    assert isinstance(access, frozenset)
    refused = {role for role, status in statuses.items() if status == 403}
    assert refused == set(Role) - access, statuses
    assert (nobody, without_role) == (401, 403)
