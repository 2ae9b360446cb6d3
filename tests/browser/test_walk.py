"""Every page of the console in a real browser: what is added to ``console.app.ROUTES`` is walked over by itself."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx
import pytest
from playwright.async_api import Browser, Page

from console.door import COOKIE, LANGUAGE
from console.pages import HEADERS
from domain.words import Role
from tests.browser.chromium import Complaints, barriers, faults, keep_cookie, page_for
from tests.browser.places import ABSENT, filled, pages
from tests.engine.cases import PROVIDER, REQUESTER

WHO = (
    (Role.BUREAU, "bureau"),
    (Role.OPERATOR, ""),
    (Role.PROVIDER, PROVIDER),
    (Role.AUDITOR, ""),
    (Role.REQUESTER, REQUESTER),
)
"""By whom a page is opened: the first of these who may."""
MOVED, FORBIDDEN = (303, 307), (403, 404)


@dataclass(frozen=True)
class Walker:
    """One of WHO, signed in for the whole walk: the page, what it complains of, the cookie."""

    page: Page
    complaints: Complaints
    cookie: str


@pytest.fixture(scope="session")
async def walkers(
    browser: Browser, address: str, cookie_of: Callable[..., Awaitable[str]]
) -> AsyncIterator[Sequence[Walker]]:
    made = []
    for role, org in WHO:
        cookie = await cookie_of(role, org)
        page = await page_for(browser, address, {COOKIE: cookie})
        made.append(Walker(page, Complaints(page), cookie))
    yield made
    for walker in made:
        await walker.page.context.close()


async def _answered(plain: httpx.AsyncClient, where: str, cookie: str) -> httpx.Response:
    """What a page answers, asked again where the engine, busy with other tests, did not answer it in time."""
    for _ in range(3):
        answer = await plain.get(where, headers={"Cookie": f"{COOKIE}={cookie}"})
        if answer.status_code != 503:
            break
    return answer


@pytest.mark.parametrize("path", pages())
async def test_a_page_fits_reads_and_complains_of_nothing(
    path: str, address: str, walkers: Sequence[Walker], open_case: str
) -> None:
    where, statuses = filled(path, open_case), list[int]()
    async with httpx.AsyncClient(base_url=address, timeout=30) as plain:
        for walker in walkers:
            answer = await _answered(plain, where, walker.cookie)
            statuses.append(answer.status_code)
            if answer.status_code not in FORBIDDEN:
                break
    if path in ABSENT:
        assert 404 in statuses
        assert set(statuses) <= set(FORBIDDEN)
        return
    assert answer.status_code == 200 or answer.status_code in MOVED, (path, answer.status_code)
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return
    page = walker.page
    walker.complaints.told.clear()
    await page.goto(where)
    found = [*await faults(page), *await barriers(page)]
    # The other language differs in the length of its words.
    await keep_cookie(page.context, address, LANGUAGE, "en")
    await page.reload()
    found += [f"in English, {fault}" for fault in await faults(page)]
    assert await page.get_attribute("html", "lang") == "en"
    await page.context.clear_cookies(name=LANGUAGE)
    assert found + walker.complaints.told == []


AWRY = """<title> </title><h1>one</h1><h1>two</h1><p style="width: 2000px">%s</p><input>"""


async def test_what_is_wrong_with_a_page_is_found(browser: Browser, address: str) -> None:
    page = await page_for(browser, address, {})
    complaints = Complaints(page)
    await page.route(
        "**/awry",
        lambda route: route.fulfill(
            body=AWRY % ("0" * 400), headers={**HEADERS, "Content-Type": "text/html; charset=utf-8"}
        ),
    )
    await page.goto("/awry")
    found = await faults(page)
    barred = await barriers(page)
    await page.context.close()
    assert found[:3] == ["has no lang", "has not one h1", "has no title"]
    assert [fault.partition(" scrolls")[0] for fault in found[3:]] == ["390 px:", "1366 px:"]
    assert any("label" in barrier for barrier in barred)
    assert any("style" in complaint for complaint in complaints.told)
