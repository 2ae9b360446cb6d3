"""The API behind proxies and at its end: whose word counts on who calls, and that it is unready before it stops."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from limits import parse

from api.app import create_app
from api.context import AppContext
from api.serving import serving, serving_health
from configuration.errors import StartupError
from embedded.stack.ports import free_port
from tests.engine.looking import until

WRONG = {"Authorization": "Bearer nonsense"}


def calling(address: str) -> httpx.AsyncClient:
    """A caller who waits longer for an answer than any machine needs."""
    return httpx.AsyncClient(base_url=address, timeout=60)


@asynccontextmanager
async def served(context: AppContext, **settings: Any) -> AsyncIterator[tuple[FastAPI, AppContext, httpx.AsyncClient]]:
    """The session's engine behind a door with other settings, on a real port."""
    own = replace(context, settings=replace(context.settings, **settings))
    app = create_app(own)
    with serving_health(app, own):
        async with serving(app, "127.0.0.1", 0) as address, calling(address) as client:
            yield app, own, client


async def answers(client: httpx.AsyncClient, *callers: str) -> list[int]:
    """What calls with a bad token are answered, each in the name of a caller by the proxies' word."""
    sent = [{**WRONG, "X-Forwarded-For": caller} for caller in callers]
    return [(await client.get("/v1/requests", headers=headers)).status_code for headers in sent]


async def test_behind_a_proxy_each_caller_has_a_limit_of_his_own(context: AppContext) -> None:
    async with served(context, proxies=["127.0.0.1"], failures=parse("1/hour")) as (_, _, client):
        assert await answers(client, "198.51.100.1", "198.51.100.1", "198.51.100.2") == [401, 429, 401]
        forged = "203.0.113.9, 198.51.100.2"
        assert await answers(client, forged) == [429], "what stands before the proxy's own word is anybody's"


async def test_whoever_is_no_proxy_speaks_for_nobody_else(context: AppContext) -> None:
    async with served(context, proxies=["192.0.2.0/24"], failures=parse("1/hour")) as (_, _, client):
        assert await answers(client, "198.51.100.1", "198.51.100.2") == [401, 429]


async def test_whoever_calls_at_a_held_socket_while_nobody_serves_waits_and_is_answered(context: AppContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holding:
        there = f"http://127.0.0.1:{holding.getsockname()[1]}"
        async with calling(there) as caller:
            async with served(context, socket=os.dup(holding.fileno())) as (_, _, client):
                assert str(client.base_url).rstrip("/") == there
                assert (await caller.get("/healthz")).status_code == 200
            waiting = asyncio.create_task(caller.get("/healthz"))
            assert not (await asyncio.wait([waiting], timeout=0.2))[0]
            async with served(context, socket=os.dup(holding.fileno())):
                assert (await waiting).status_code == 200


async def test_what_is_no_socket_that_listens_is_refused(context: AppContext) -> None:
    pipe = os.pipe()
    with socket.socket() as idle:
        for number in (pipe[0], os.dup(idle.fileno())):
            with pytest.raises(StartupError, match=f"SHAREFLOW_API_SOCKET: .*{number}"):
                async with served(context, socket=number):
                    pass
    for each in pipe:
        os.close(each)


@pytest.mark.usefixtures("figures_here")
async def test_figures_on_a_port_of_their_own_are_no_longer_at_the_door(context: AppContext) -> None:
    port = free_port()
    async with served(context, health_port=port) as (_, _, client):
        assert (await client.get("/metrics")).status_code == 404
        own = f"http://127.0.0.1:{port}"
        async with calling(own) as watch:
            found = (await watch.get("/metrics")).text
            assert "shareflow_http_requests_total" in found
            assert "shareflow_oldest_message_seconds" in found
            assert (await watch.get("/readyz")).text == "ready\n"


async def test_the_api_is_unready_before_it_stops(context: AppContext) -> None:
    said: list[int] = []
    entered = served(context, unready=timedelta(seconds=3))
    _, own, client = await entered.__aenter__()

    async def ending_is_told() -> bool:
        return bool(own.own_problems())

    async with calling(str(client.base_url)) as outside:
        assert (await outside.get("/readyz")).status_code == 200
        ending = asyncio.create_task(entered.__aexit__(None, None, None))
        await until(ending_is_told)
        said += [(await outside.get(path)).status_code for path in ("/readyz", "/healthz", "/v1/requests")]
        await ending
        assert said == [503, 200, 401]
        with pytest.raises(httpx.ConnectError):
            await outside.get("/healthz")
