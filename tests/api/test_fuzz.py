"""Generated calls of every endpoint, as its description allows them and as it does not: Schemathesis, on a real port.

Whatever comes, the answer is one that the description names: its status, its type, its shape, its headers; never a
server's error.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from domain.words import Role
from tests.api.callers import NOBODY_LISTENS, Bearer, filing, fresh_key
from tests.api.description import description
from tests.engine.cases import PROVIDER, REQUESTER, application
from tests.forms import either

CASES = either(25, 2_000)
"""How many calls each group of endpoints gets."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROUNDS = 3
"""An endpoint that takes little can be called in few ways only; the others of its group then get its share."""

STATUTES = ("nantong-2020", "changshu-2019", "cn-809-2025")


def groups() -> list[str]:
    """The tags of the endpoints."""
    operations = [item for path in description()["paths"].values() for item in path.values()]
    return list(dict.fromkeys(tag for operation in operations for tag in operation["tags"]))


@dataclass(frozen=True)
class World:
    """A running API: its address and description, everybody's headers, and what is to be found in it by parameter."""

    address: str
    schema: OpenApiSchema
    callers: Sequence[Mapping[str, str]]
    known: Mapping[str, Sequence[str | int]]


@pytest.fixture(scope="module")
async def world(patient_address: str, bearer: Bearer) -> AsyncIterator[World]:
    everything = bearer(list(Role), REQUESTER)
    callers = [bearer(role, org) for role in Role for org in (REQUESTER, PROVIDER)]
    callers += [bearer([], REQUESTER), bearer(list(Role), None), *[everything] * 8]
    async with httpx.AsyncClient(base_url=patient_address, timeout=60, headers=everything) as api:
        schema = await asyncio.to_thread(schemathesis.openapi.from_url, f"{patient_address}/openapi.json")
        yield World(patient_address, schema, callers, await something_to_find(api))
        for webhook in (await api.get("/v1/webhooks")).json()["items"]:
            await api.delete(f"/v1/webhooks/{webhook['id']}")


async def something_to_find(api: httpx.AsyncClient) -> Mapping[str, Sequence[str | int]]:
    """Cases of several places, one with its first papers; an attachment; webhooks; a statute."""

    async def made(path: str, status: int = 201, **said: Any) -> Any:
        answer = await api.post(path, headers=fresh_key(), **said)
        assert answer.status_code == status, answer.text
        return answer.json()

    ids = [(await made("/v1/requests", json=filing(statute)))["request_id"] for statute in STATUTES]
    await made(f"/v1/requests/{ids[0]}/commands", 200, json={"command": "accept"})
    paper = await api.post("/v1/attachments", content=b"a,b\n1,2\n", headers={"Content-Type": "text/csv"})
    assert paper.status_code in (200, 201), paper.text
    hook = {"url": f"http://{NOBODY_LISTENS}/hook"}
    return {
        "request_id": ids,
        "statute_id": ["nantong-2020"],
        "sha256": [paper.json()["sha256"]],
        "name": ["application", "notice-1", "notice-3"],
        "webhook_id": [(await made("/v1/webhooks", json=hook))["id"] for _ in range(12)],
        "seq": [1, 2],
    }


@pytest.mark.long
@pytest.mark.parametrize("group", groups())
async def test_whatever_is_called_the_answer_is_as_described(world: World, group: str) -> None:
    answers = await asyncio.to_thread(called, world, group)
    # The health of the service takes nothing: there is but one way to ask for it.
    enough, kinds = (3, 1) if group == "health" else (CASES, 3)
    assert sum(answers.values()) >= enough
    assert len(answers) >= kinds, answers
    # No random text is a scenario, and none is played at this door.
    assert answers[200] > 0 or group == "simulations", answers
    assert answers[201] > 0 or group != "requests", "no filing of all these was filed"


def called(world: World, group: str) -> Counter[int]:
    """Call the endpoints of a group, CASES times in all; how often each status was the answer."""
    operations = [found.ok() for found in world.schema.include(tag=group).get_all_operations()]
    wanted = CASES if any(map(takes_something, operations)) else len(operations)
    answers: Counter[int] = Counter()
    with requests.Session() as session:
        for seed in range(ROUNDS):
            left = wanted - sum(answers.values())
            for operation in operations if left > 0 else ():
                call_one(world, operation, -(-left // len(operations)), seed, session, answers)
    return answers


def call_one(
    world: World, operation: APIOperation, times: int, seed: int, session: requests.Session, answers: Counter[int]
) -> None:
    """Call one endpoint so many times, or in as many ways as there are. Raises what Schemathesis finds wrong."""

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=times,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=cases(operation, world.known), caller=st.sampled_from(world.callers))
    def call(case: schemathesis.Case, caller: Mapping[str, str]) -> None:
        if case.query and "wait" in case.query:
            case.query["wait"] = 0  # nobody waits here for what will not come
        response = case.call_and_validate(world.address, session, headers=dict(caller), checks=CHECKS, timeout=30)
        answers[response.status_code] += 1

    call()


def cases(operation: APIOperation, known: Mapping[str, Sequence[str | int]]) -> st.SearchStrategy[schemathesis.Case]:
    """Calls as described, calls as not, and calls about what is really there."""
    found = [operation.as_strategy(GenerationMode.POSITIVE)]
    names = [parameter.name for parameter in operation.iter_parameters()]
    if takes_something(operation):
        found.append(operation.as_strategy(GenerationMode.NEGATIVE))
    there = st.fixed_dictionaries({name: st.sampled_from(known[name]) for name in names if name in known})
    if operation.label == "POST /v1/requests":
        found.append(operation.as_strategy(GenerationMode.POSITIVE).map(made_plausible))
    elif known.keys() & names:
        found.append(there.flatmap(lambda values: operation.as_strategy(path_parameters=values)))
    return st.one_of(found)


def takes_something(operation: APIOperation) -> bool:
    """Whether an endpoint can be called in more than one way."""
    return bool(list(operation.iter_parameters()) or operation.body)


def made_plausible(case: schemathesis.Case) -> schemathesis.Case:
    """A generated filing that can be filed: under a statute that there is, by and of departments that there are."""
    if isinstance(case.body, dict):
        request = case.body.get("request")
        said = application().model_dump(mode="json", exclude_none=True)
        kept = request if isinstance(request, dict) else {}
        parties = {name: said[name] for name in ("requester", "provider", "resource", "purpose", "scope")}
        case.body = {"statute": "cn-809-2025", "request": {**kept, **parties, "contains_state_secret": False}}
    return case
