"""Recording transactions a second by 1, 8 and 16 writers at once, on a PostgreSQL that flushes to the disk.

Each writer is a process that records the steps of real cases as a worker's activity does. ``_per_second`` is of all
writers together; with a lock that is held until a commit is on the disk it would hardly grow with them.
"""

import asyncio
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import psycopg2
from pydantic import BaseModel
from temporalio import activity
from temporalio.client import Client
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput
from temporalio.worker import Interceptor as WorkerInterceptor

from bench import servers
from bench.cases import STEPS, commanded, filed
from bench.contestants.rows import CASE, KEY
from ledger.engine import connect
from protocol.connecting import COMPRESSION
from protocol.names import RECORD_STEP
from protocol.payloads import data_converter
from starter.engine_client import ShareflowClient
from worker.building import build_worker, working

WRITERS: Final = (1, 8, 16)
SECONDS: Final = 6.0
ROOT = Path(__file__).parents[1]


class Overheard(ClientInterceptor, WorkerInterceptor):
    """Keeps the steps that workers were asked to record."""

    def __init__(self) -> None:
        self.steps: list[BaseModel] = []

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Listen to one activity."""
        return _Listening(next, self.steps)


class _Listening(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, steps: list[BaseModel]) -> None:
        super().__init__(following)
        self._steps = steps

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        if activity.info().activity_type == RECORD_STEP:
            self._steps.append(input.args[0])
        return await super().execute_activity(input)


async def steps_of_a_case(temporal: str, url: str) -> Sequence[str]:
    """The steps of one case as JSON, its id and its callers' keys replaced by marks."""
    heard = Overheard()
    engine = connect(url)
    client = await Client.connect(
        temporal, data_converter=data_converter, interceptors=[heard], grpc_compression=COMPRESSION
    )
    async with working(build_worker(client, engine, watched=False)):
        shareflow = ShareflowClient(client, engine)
        keys = [uuid.uuid4().hex for _ in range(1 + len(STEPS))]
        request_id = await filed(shareflow, keys[0])
        for key, step in zip(keys[1:], STEPS, strict=True):
            await commanded(shareflow, request_id, step, key)
        await shareflow.close()
    engine.dispose()
    texts = [step.model_dump_json().replace(request_id, CASE) for step in heard.steps]
    for number, key in enumerate(keys):
        texts = [text.replace(key, f"{KEY}{number}") for text in texts]
    return texts


async def written(url: str, recorded: Path, writers: int) -> float:
    """Transactions a second of so many writers together."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "bench.writing", url, str(recorded), str(SECONDS))
    started = [
        await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe) for _ in range(writers)
    ]
    for each in started:
        assert each.stdout is not None
        await each.stdout.readline()
    told = await asyncio.gather(*(each.communicate(b"go\n") for each in started))
    return sum(int(out) for out, _ in told) / SECONDS


def flushes(url: str) -> bool:
    """Whether a commit is on the disk when it is answered."""
    with psycopg2.connect(url) as connection, connection.cursor() as there:
        there.execute("SELECT current_setting('fsync') = 'on' AND current_setting('synchronous_commit') = 'on'")
        return bool((there.fetchone() or (False,))[0])


async def _measure() -> dict[str, float]:
    async with servers.folder() as folder, servers.postgres(folder) as database:
        url = await asyncio.to_thread(servers.ledger, database, "ledger")
        recorded = folder / "steps.jsonl"
        async with servers.temporal(None) as temporal:
            recorded.write_text("\n".join(await steps_of_a_case(temporal.address, url)), encoding="utf-8")
        found: dict[str, float] = {"flushed": flushes(url)}
        for writers in WRITERS:
            found[f"recorded_per_second_by_{writers}"] = await written(url, recorded, writers)
    return {**found, "by_16_of_by_1": found["recorded_per_second_by_16"] / found["recorded_per_second_by_1"]}


def run() -> dict[str, float]:
    """Measure and return the figures."""
    return asyncio.run(_measure())
