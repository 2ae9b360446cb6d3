"""A release in the middle of many open cases, and back: all of them finish as the rules say, and nobody is put off."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from configuration.settings import Settings
from embedded.simulate.sandbox import Sandbox
from ledger.engine import Engine, connect
from ledger.schema import migrate
from protocol.names import TASK_QUEUE
from protocol.payloads import data_converter
from protocol.pollers import is_polled, workers_at_work
from starter.engine_client import ShareflowClient
from starter.temporal_setup import prepare_namespace
from tests.chaos.cases import check_case
from tests.cli.conftest import Run
from tests.cli.rolling_api import RollingApi, api_here, api_processes
from tests.cli.steady_caller import calling
from tests.cli.test_admin import said
from tests.engine.cases import PROCEDURES
from tests.engine.driving import Driven, Followed, check, no_workflow_failed_and_none_is_there_twice, until_in_step
from tests.forms import either
from worker.building import build_worker, working

CASES = either(12, 200)
AT_ONCE = 8
REFUSED_AT_MOST: Final = 5.0
"""Seconds for which a command may meet nobody who takes it."""


@dataclass(frozen=True)
class ReleasePlace:
    """A ledger and a namespace of their own on the session's servers, and the settings that name them."""

    client: ShareflowClient
    engine: Engine
    settings: Mapping[str, str]

    def worker(self, build: str) -> AbstractAsyncContextManager[Worker]:
        """A worker of a build, while inside."""
        settings = Settings({Settings.build_id.variable: build})
        return working(build_worker(self.client.temporal, self.engine, watched=False, settings=settings))


@asynccontextmanager
async def installation(ground: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ReleasePlace]:
    """One that the environment names."""
    temporal = Client(ground.temporal.service_client, namespace="release", data_converter=data_converter)
    await prepare_namespace(temporal, None)
    settings = {
        "SHAREFLOW_DATABASE_URL": url,
        "TEMPORAL_ADDRESS": ground.temporal.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": "release",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    engine = await asyncio.to_thread(connect, url, 10)
    await asyncio.to_thread(migrate, engine)
    client = ShareflowClient(temporal, engine, patience=timedelta(seconds=30))
    try:
        yield ReleasePlace(client, engine, settings)
    finally:
        await client.close()
        engine.dispose()


def api_of(place: ReleasePlace, folder: Path) -> AbstractAsyncContextManager[RollingApi]:
    """Its API: in the whole form processes, which are replaced."""
    return either(api_here(place.client, folder), api_processes(place.settings, folder))


async def drive(client: ShareflowClient, case: Driven, upto: float) -> None:
    """File a case and give its commands, up to this part of them."""
    commands = case.procedure.commands()
    if not case.answers:  # asked again with its key, a filing answers as it did
        await client.file(case.procedure.statute, case.procedure.application(), key=case.key)
    for given in commands[len(case.answers) : round(len(commands) * upto)]:
        case.answers[given.key] = await client.command(case.request_id, given)


@pytest.mark.long
async def test_open_cases_finish_over_a_release_and_the_way_back(
    ground: Sandbox,
    new_database: Callable[[], str],
    shareflow: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    async with (
        installation(ground, new_database(), monkeypatch) as place,
        api_of(place, tmp_path) as api,
        AsyncExitStack() as v1,
        AsyncExitStack() as v2,
    ):
        cases = [
            Driven(each, f"release-{n}") for n, each in zip(range(CASES), itertools.cycle(PROCEDURES), strict=False)
        ]
        turns = asyncio.Semaphore(AT_ONCE)

        async def all_driven(upto: float) -> None:
            async def one(case: Driven) -> None:
                async with turns:
                    await drive(place.client, case, upto)

            await asyncio.gather(*map(one, cases))

        async def released(build: str, upto: float) -> int:
            """Make a build current while calls come in; how many histories of open cases it had replayed."""
            told, *_ = await asyncio.gather(said(shareflow, "release", build), all_driven(upto), api.replace())
            assert (told["current"], told["changed"]) == (build, True)
            return int(told["replayed"])

        await v1.enter_async_context(place.worker("v1"))
        while not await is_polled(place.client.temporal, TASK_QUEUE):  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(0.1)
        assert await workers_at_work(place.client.temporal, TASK_QUEUE) == 0, "it asks, and no build is current"
        await said(shareflow, "release", "v1")
        assert await workers_at_work(place.client.temporal, TASK_QUEUE) == 1
        async with calling(api.doors, api.issuer) as caller:
            await all_driven(upto=0.2)
            await v2.enter_async_context(place.worker("v2"))
            assert await released("v2", upto=0.4) > 0
            assert await workers_at_work(place.client.temporal, TASK_QUEUE) == 1, "both ask, and one is given work"
            await v1.aclose()  # the workers of the build before go, in the middle of what they carry
            await all_driven(upto=0.5)
            await v1.enter_async_context(place.worker("v1"))
            assert await released("v1", upto=0.6) > 0
            await all_driven(upto=0.8)
            await v2.aclose()
            await all_driven(upto=1.0)
        everyone: list[Followed] = [*cases, *caller.cases]
        await until_in_step(place.client, everyone)
        for case in cases:
            await check(place.client, case)
        for each in caller.cases:
            await check_case(place.client, each)
        await no_workflow_failed_and_none_is_there_twice(place.client.temporal, everyone)
        print(
            f"\n{sum(1 + len(case.answers) for case in caller.cases)} calls over HTTP, {api.doors.refused} of them "
            f"refused; no command for longer than {api.doors.longest:.2f} s"
        )
        assert len(caller.cases) > 1, "nobody called meanwhile"
        assert api.doors.longest < REFUSED_AT_MOST
