"""What the HTTP door costs: whole cases through it against the same workflows driven by Temporal's client alone.

One stack as ``shareflow up`` runs it, in a process of its own; the callers are here. Both ways file the same cases and
give the same commands, so many at once. Before that, one case is read over and over.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpcore
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.contrib.pydantic import pydantic_data_converter

from bench.engine import APPLICATION, STEPS
from domain.engine.commands import Command
from domain.engine.records import Actor
from domain.policy import default_policy
from domain.statutes.loader import digest, get_statute
from domain.words import ProcedureName, Role
from procedures.share_request.filing import as_requester
from protocol.messages import Answer, CaseOpening, CaseView, FilingKey
from protocol.names import CASE, TASK_QUEUE, workflow_id
from protocol.opening import plain_matter
from starter.tokens import embedded_issuer

CASES, AT_ONCE, ROUNDS = 128, 32, 2
APART = 0.05
READS = 3000
STATUTE = "nantong-2020"
JSON = {"Content-Type": "application/json"}
ORGS = {Role.REQUESTER: APPLICATION.requester.code, Role.PROVIDER: APPLICATION.provider.code}


class Through:
    """Cases through the HTTP door; notes how long each call took.

    The callers share the machine with what they measure: they take the lightest client there is.
    """

    def __init__(self, pool: httpcore.AsyncConnectionPool, address: str, tokens: dict[Role, str]) -> None:
        self._pool = pool
        self._address = address
        self._headers = {role: {"Authorization": f"Bearer {token}"} for role, token in tokens.items()}
        self.seconds: list[float] = []

    async def case(self) -> str:
        """One whole case; its id."""
        body = {"statute": STATUTE, "request": APPLICATION.model_dump(mode="json", exclude_none=True)}
        filed = await self._post(Role.REQUESTER, "/v1/requests", body)
        path = f"/v1/requests/{filed['request_id']}"
        for name, role, fields in STEPS:
            await self._post(role, f"{path}/commands", {"command": name.value, **fields})
        return path

    async def _post(self, role: Role, path: str, body: dict[str, Any]) -> dict[str, Any]:
        begun = time.perf_counter()
        headers = {**self._headers[role], "Idempotency-Key": uuid.uuid4().hex}
        content = json.dumps(body).encode()
        answer = await self._pool.request("POST", self._address + path, headers={**headers, **JSON}, content=content)
        self.seconds.append(time.perf_counter() - begun)
        assert answer.status < 300, answer.content
        found: dict[str, Any] = json.loads(answer.content)
        return found

    async def read(self, path: str) -> None:
        """Read a case once."""
        answer = await self._pool.request("GET", self._address + path, headers=self._headers[Role.REQUESTER])
        assert answer.status == 200, answer.content


async def _direct(temporal: Client) -> None:
    """The same case, by Temporal's client and nothing else."""
    key, statute = uuid.uuid4().hex, get_statute(STATUTE)
    opening = CaseOpening(
        request_id=f"BENCH-{key}",
        procedure=ProcedureName.SHARE_REQUEST,
        application=plain_matter(APPLICATION),
        actor=as_requester(APPLICATION),
        key=key,
        digest=key,
        statute=statute,
        statute_digest=digest(statute),
        policy=default_policy(),
        filed_at=datetime.now(UTC),
    )
    start = WithStartWorkflowOperation(
        CASE,
        opening,
        id=workflow_id(opening.request_id),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    await temporal.execute_update_with_start_workflow(
        "filed", FilingKey(key=key, digest=key), start_workflow_operation=start, result_type=CaseView
    )
    handle = temporal.get_workflow_handle(workflow_id(opening.request_id))
    for name, role, fields in STEPS:
        actor = Actor(role=role, org=ORGS.get(role), person="bench")
        command = Command(name=name, actor=actor, fields=fields, key=uuid.uuid4().hex, received_at=datetime.now(UTC))
        await handle.execute_update("command", command, result_type=Answer)


async def _rate(one: Callable[[], Awaitable[Any]], number: int, apart: float = 0.0) -> float:
    """How many a second by callers at once, who begin so many seconds apart and then never pause."""
    left = iter(range(number))

    async def caller(place: int) -> None:
        await asyncio.sleep(place * apart)
        for _ in left:
            await one()

    begun = time.perf_counter()
    await asyncio.gather(*(caller(place) for place in range(AT_ONCE)))
    return number / (time.perf_counter() - begun)


@asynccontextmanager
async def _stack(folder: Path) -> AsyncIterator[dict[str, str]]:
    """``shareflow up`` in a process of its own; gives its addresses."""
    environ = {**os.environ, "SHAREFLOW_STATE": str(folder), "SHAREFLOW_API_PORT": "18991"}
    environ |= {"SHAREFLOW_HEALTH_PORT": "18992", "SHAREFLOW_RATE_LIMIT": "100000/second"}
    program = Path(sys.executable).with_name("shareflow")
    process = await asyncio.create_subprocess_exec(program, "up", env=environ, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            if (folder / "stack.json").exists():
                break
            await asyncio.sleep(0.1)
        yield json.loads((folder / "stack.json").read_text("utf-8"))
    finally:
        process.terminate()
        await process.wait()


async def _measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="shareflow-bench-") as name:
        folder = Path(name)
        async with _stack(folder) as there:
            issuer = embedded_issuer(folder)
            tokens = {role: issuer.token([role], ORGS.get(role, "bureau")) for role in Role}
            temporal = await Client.connect(there["temporal"], data_converter=pydantic_data_converter)
            async with httpcore.AsyncConnectionPool(max_connections=AT_ONCE, keepalive_expiry=30) as pool:
                through = Through(pool, there["api"], tokens)
                path = await through.case()  # the first case warms what is loaded late
                await _direct(temporal)
                through.seconds.clear()
                await _rate(lambda: through.read(path), READS // 10)
                reads = await _rate(lambda: through.read(path), READS)
                by_http, direct = 0.0, 0.0
                for _ in range(ROUNDS):  # in turns, so that a slow moment of the machine hits both
                    direct += await _rate(lambda: _direct(temporal), CASES, APART) / ROUNDS
                    by_http += await _rate(through.case, CASES, APART) / ROUNDS
    spent = sorted(through.seconds)
    return {
        "cases_per_second": by_http,
        "of_direct_temporal": by_http / direct,
        "p50_seconds_at_32_callers": spent[len(spent) // 2],
        "p99_seconds_at_32_callers": spent[int(len(spent) * 0.99)],
        "reads_per_second": reads,
    }


def run() -> dict[str, float]:
    """Measure and return the figures."""
    return asyncio.run(_measure())
