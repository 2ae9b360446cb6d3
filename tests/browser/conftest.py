"""A real browser at the console: one Chromium, and one served address over the session's sandbox."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from api.app import create_app
from api.context import AppContext
from api.serving import serving
from console.app import add_console
from console.door import COOKIE
from domain.words import Role
from tests.api.callers import Bearer, People
from tests.browser.presence import CHROMIUM

if CHROMIUM.exists():
    from playwright.async_api import Browser, Page

    from tests.browser.chromium import chromium, page_for
else:
    collect_ignore_glob = ["test_*.py"]

Seat = Callable[..., Awaitable["Page"]]


@pytest.fixture(scope="session")
async def address(context: AppContext) -> AsyncIterator[str]:
    """Where the API and the console answer, in the demonstration, on a real port."""
    app = create_app(context)
    add_console(app, context, demonstration=True)
    async with serving(app, "127.0.0.1", 0) as served:
        yield served


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator["Browser"]:
    """The one browser."""
    async with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
async def cookie_of(address: str) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """The cookie of a new session of somebody's, got by sending the form of the demonstration."""
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:

        async def entered(role: Role, org: str = "") -> str:
            answer = await client.post("/sign-in", data={"role": role.value, "org": org})
            assert answer.status_code == 303, answer.text
            client.cookies.clear()
            return answer.headers["set-cookie"].partition("=")[2].partition(";")[0]

        yield entered


@pytest.fixture
async def seat(browser: "Browser", address: str, cookie_of: Callable[..., Awaitable[str]]) -> AsyncIterator[Seat]:
    """Somebody before a page, signed in: ``await seat(Role.BUREAU, "bureau")``; without a role nobody is.

    Each has a browser profile of its own, gone after the test.
    """
    pages: list[Page] = []

    async def taken(role: Role | None = None, org: str = "", cookie: str | None = None, script: bool = True) -> "Page":
        held = cookie or (await cookie_of(role, org) if role else None)
        pages.append(await page_for(browser, address, {COOKIE: held} if held else {}, script))
        return pages[-1]

    yield taken
    for page in pages:
        await page.context.close()


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    """Everybody who has to do with a case, over HTTP."""
    return People(api, bearer)


@pytest.fixture(scope="session")
async def open_case(people: People) -> str:
    """A case that was just filed, to be looked at."""
    return await people.file()
