"""A release in the middle of many open cases, and back: all of them finish as the rules say, and nobody is refused."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from configuration.settings import Settings
from embedded.simulate.sandbox import Sandbox
from ledger.engine import Engine, connect
from ledger.schema import migrate
from protocol.payloads import data_converter
from starter.engine_client import ShareflowClient
from starter.temporal_setup import prepare_namespace
from tests.cli.conftest import Run
from tests.cli.test_admin import said
from tests.engine.cases import PROCEDURES
from tests.engine.driving import Driven, check, no_workflow_failed_and_none_is_there_twice, until_in_step
from tests.forms import either
from worker.building import build_worker, working

CASES = either(12, 200)
AT_ONCE = 8


@asynccontextmanager
async def installation(
    ground: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[ShareflowClient, Engine]]:
    """A ledger and a namespace of their own, which the environment names, on the session's servers."""
    temporal = Client(ground.temporal.service_client, namespace="release", data_converter=data_converter)
    await prepare_namespace(temporal, None)
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "release")
    engine = await asyncio.to_thread(connect, url, 10)
    await asyncio.to_thread(migrate, engine)
    client = ShareflowClient(temporal, engine, patience=timedelta(seconds=30))
    try:
        yield client, engine
    finally:
        await client.close()
        engine.dispose()


async def drive(client: ShareflowClient, case: Driven, upto: float) -> None:
    """File a case and give its commands, up to this part of them."""
    commands = case.procedure.commands()
    if not case.answers:  # asked again with its key, a filing answers as it did
        await client.file(case.procedure.statute, case.procedure.application(), key=case.key)
    for given in commands[len(case.answers) : round(len(commands) * upto)]:
        case.answers[given.key] = await client.command(case.request_id, given)


@pytest.mark.long
async def test_open_cases_finish_over_a_release_and_the_way_back(
    ground: Sandbox, new_database: Callable[[], str], shareflow: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with installation(ground, new_database(), monkeypatch) as (client, engine):

        def worker(build: str) -> AbstractAsyncContextManager[Worker]:
            settings = Settings({Settings.build_id.variable: build})
            return working(build_worker(client.temporal, engine, watched=False, settings=settings))

        cases = [
            Driven(each, f"release-{n}") for n, each in zip(range(CASES), itertools.cycle(PROCEDURES), strict=False)
        ]
        turns = asyncio.Semaphore(AT_ONCE)

        async def all_driven(upto: float) -> None:
            async def one(case: Driven) -> None:
                async with turns:
                    await drive(client, case, upto)

            await asyncio.gather(*map(one, cases))

        async def released(build: str) -> int:
            """Make a build current while calls come in; how many histories of open cases it had replayed."""
            told, _ = await asyncio.gather(said(shareflow, "release", build), all_driven(upto=shares.pop(0)))
            assert (told["current"], told["changed"]) == (build, True)
            return int(told["replayed"])

        shares = [0.4, 0.6, 1.0]
        async with worker("v1"):
            await said(shareflow, "release", "v1")
            await all_driven(upto=0.2)
            async with worker("v2"):
                assert await released("v2") > 0
        # The workers of the build before are gone, in the middle of what they carried.
        async with worker("v2"):
            await all_driven(upto=0.5)
            async with worker("v1"):
                assert await released("v1") > 0
                await all_driven(upto=0.8)
        async with worker("v1"):
            await all_driven(upto=shares.pop())
            await until_in_step(client, cases)
            for case in cases:
                await check(client, case)
            await no_workflow_failed_and_none_is_there_twice(client.temporal, cases)
