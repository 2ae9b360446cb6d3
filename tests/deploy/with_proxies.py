"""Proxies as they run: what holds for all processes of the API together is held where every call passes.

Not among the tests that ``make test`` collects: ``make check-deploy``, as ``tests/deploy/with_tools.py``.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL

import httpx
import pytest
from fastapi import FastAPI, Request

from api.app import create_app
from api.context import AppContext
from api.http.problems import MEDIA_TYPE, Problem, response
from api.serving import serving
from domain.words import Role
from embedded.stack.ports import free_port
from tests.api.callers import Bearer
from tests.deploy.conftest import DEPLOY
from tests.deploy.with_tools import BIN, nginx_configuration

PATH = "/v1/procedures"


@pytest.fixture
async def doors(context: AppContext) -> AsyncIterator[dict[str, FastAPI]]:
    """Two processes of an API, as far as a proxy can tell, by their addresses."""
    async with AsyncExitStack() as stack:
        found = {}
        for app in (create_app(context), create_app(context)):
            address = await stack.enter_async_context(serving(app, "127.0.0.1", 0))
            found[address.removeprefix("http://")] = app
        yield found


@asynccontextmanager
async def proxied(name: str, behind: str, folder: Path) -> AsyncIterator[str]:
    """nginx or Caddy by its file before an address, as it is but for its own."""
    port = free_port()
    if name == "nginx":
        changes = {"server 127.0.0.1:8080;": f"server {behind};", "listen 443 ": f"listen {port} "}
        with nginx_configuration(folder, lambda text: changed(text, changes)) as file:
            async with running("/usr/sbin/nginx", "-g", "daemon off;", "-c", file, port=port):
                yield f"https://127.0.0.1:{port}"
    else:
        async with caddy(folder, [behind], port):
            yield f"http://127.0.0.1:{port}"


def changed(text: str, changes: Mapping[str, str]) -> str:
    for was, now in changes.items():
        assert was in text, was
        text = text.replace(was, now)
    return text


@asynccontextmanager
async def caddy(folder: Path, behind: Collection[str], port: int) -> AsyncIterator[None]:
    """Caddy by its file, while inside, without a certificate."""
    here = f"{{\n\tadmin off\n}}\nhttp://127.0.0.1:{port} {{"
    changes = {"share.example.gov.cn {": here, "127.0.0.1:8080 {": f"{' '.join(behind)} {{"}
    file = folder / "Caddyfile"
    file.write_text(changed((DEPLOY / "proxy/Caddyfile").read_text("utf-8"), changes), "utf-8")
    async with running(BIN / "caddy", "run", "--adapter", "caddyfile", "--config", file, port=port):
        yield


@pytest.mark.parametrize("name", ["nginx", "caddy"])
async def test_a_proxy_tells_a_callers_own_address_and_shows_no_figures(
    doors: dict[str, FastAPI], name: str, tmp_path: Path
) -> None:
    async def address(request: Request) -> str:
        assert request.client is not None
        return request.client.host

    behind, app = next(iter(doors.items()))
    app.add_api_route("/address", address)
    app.router.routes.insert(0, app.router.routes.pop())
    async with httpx.AsyncClient(base_url=f"http://{behind}") as inside:
        assert (await inside.get("/metrics")).status_code == 200
    async with (
        proxied(name, behind, tmp_path) as outside,
        httpx.AsyncClient(base_url=outside, verify=False) as caller,
    ):
        told = await caller.get("/address", headers={"X-Forwarded-For": "203.0.113.9"})
        assert (told.status_code, told.json()) == (200, "127.0.0.1")
        assert "max-age" in told.headers["Strict-Transport-Security"]
        assert (await caller.get("/metrics")).status_code == 404


def answered(app: FastAPI) -> float:
    """How many calls a process has answered so far."""
    seen = {"method": "GET", "route": PATH, "status": "200"}
    return app.state.registry.get_sample_value("shareflow_http_requests_total", seen) or 0.0


@asynccontextmanager
async def running(*command: object, port: int) -> AsyncIterator[None]:
    """A proxy, while inside."""
    words = [str(part) for part in command]
    process = await asyncio.create_subprocess_exec(*words, stdout=DEVNULL, stderr=DEVNULL)
    try:
        async with asyncio.timeout(20):
            while True:
                try:
                    (await asyncio.open_connection("127.0.0.1", port))[1].close()
                    break
                except OSError:
                    await asyncio.sleep(0.05)
        yield
    finally:
        process.terminate()
        await process.wait()


async def statuses(caller: httpx.AsyncClient, times: int, headers: dict[str, str]) -> Counter[int]:
    return Counter([(await caller.get(PATH, headers=headers)).status_code for _ in range(times)])


async def test_nginx_counts_what_a_bearer_and_an_address_ask_of_all_processes(
    doors: dict[str, FastAPI], bearer: Bearer, tmp_path: Path
) -> None:
    port = free_port()

    def slower(text: str) -> str:
        """The file with two processes behind it, and rates that a test can reach."""
        changes = {
            "server 127.0.0.1:8080;": "".join(f"server {address};" for address in doors),
            "listen 443 ": f"listen {port} ",
            "rate=100r/s": "rate=1r/m",
            "burst=200": "burst=5",
            "rate=300r/s": "rate=1r/m",
            "burst=600": "burst=9",
        }
        return changed(text, changes)

    with nginx_configuration(tmp_path, slower) as file:
        async with (
            running("/usr/sbin/nginx", "-g", "daemon off;", "-c", file, port=port),
            httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=False) as caller,
        ):
            one, other = bearer(Role.AUDITOR, subject="one"), bearer(Role.AUDITOR, subject="other")
            assert await statuses(caller, 8, one) == {200: 6, 429: 2}
            assert await statuses(caller, 8, other) == {200: 4, 429: 4}, "ten in all come from one address"
            assert await statuses(caller, 2, {}) == {429: 2}
            refused = [
                await caller.get(PATH, headers={"Accept-Language": each}) for each in ("zh-CN", "en-GB,en;q=0.9")
            ]
    assert sorted(map(answered, doors.values())) == [5, 5], "both processes had their part of them"
    for answer, language in zip(refused, ("zh", "en"), strict=True):
        told = Problem(429, "too_many_requests")
        assert (answer.headers["content-type"], answer.headers["retry-after"]) == (MEDIA_TYPE, "1")
        assert answer.content == response(told, language).body, "as the API itself tells it"
        assert "max-age" in answer.headers["strict-transport-security"]


async def test_caddy_brings_whoever_calls_from_one_address_to_one_process(
    doors: dict[str, FastAPI], bearer: Bearer, tmp_path: Path
) -> None:
    port = free_port()
    async with caddy(tmp_path, doors, port):
        for number in range(2, 18):
            before = [answered(app) for app in doors.values()]
            local = httpx.AsyncHTTPTransport(local_address=f"127.0.0.{number}")
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", transport=local) as caller:
                assert await statuses(caller, 3, bearer(Role.AUDITOR)) == {200: 3}
            more = [answered(app) - was for app, was in zip(doors.values(), before, strict=True)]
            assert sorted(more) == [0, 3]
    assert all(answered(app) > 0 for app in doors.values())
