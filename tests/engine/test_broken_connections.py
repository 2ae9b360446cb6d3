"""A connection to Temporal that breaks while something is asked: it is asked again, and nobody hears of it.

A server of several nodes ends every connection after five minutes, so that its callers spread anew.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest

from embedded.simulate.sandbox import Sandbox
from embedded.simulate.skipped_case import SkippedCase
from protocol.asking import WorkflowGone
from protocol.connecting import TemporalClient, connect_to
from protocol.held_up import what_holds
from protocol.histories import kept_by_temporal
from protocol.names import TASK_QUEUE
from protocol.pollers import workers_asking
from starter.deployments import Deployment
from tests.chaos.links import NetworkLine


@pytest.fixture
async def line(ground: Sandbox) -> AsyncIterator[NetworkLine]:
    """A line to the session's server, that of this test alone."""
    host, _, port = ground.temporal.service_client.config.target_host.rpartition(":")
    there = NetworkLine("temporal", partial(asyncio.open_connection, host, int(port)))
    await there.open()
    yield there
    await there.close()


async def held_up(client: TemporalClient) -> None:
    with suppress(WorkflowGone):
        await what_holds(client, "nobody")


async def test_what_is_asked_of_the_server_itself_is_asked_again(ground: Sandbox, line: NetworkLine) -> None:
    client = await connect_to(f"127.0.0.1:{line.port}")
    calls: Mapping[str, Awaitable[object]] = {
        "what holds a case up": held_up(client),
        "who asks for work": workers_asking(client, TASK_QUEUE),
        "how long runs are kept": kept_by_temporal(client),
        "which build is current": Deployment(client, "nobody").current(),
        "that a workflow be deleted": SkippedCase(replace(ground, temporal=client), "CN-NOBODY").forgotten(),
    }
    line.cut()
    asked = {name: asyncio.ensure_future(call) for name, call in calls.items()}
    ended, _ = await asyncio.wait(asked.values(), timeout=0.3)
    assert [name for name, call in asked.items() if call in ended] == []
    line.mend()
    await asyncio.wait(asked.values())
    assert {name: error for name, call in asked.items() if (error := call.exception())} == {}
