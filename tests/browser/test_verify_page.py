"""A dossier is checked in a browser as soon as it is chosen or dropped."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from limits import parse
from playwright.async_api import Browser

from api.app import create_app
from api.context import AppContext
from api.serving import serving
from console.app import add_console
from tests.api.test_dossiers import PAGE
from tests.browser.chromium import barriers, faults, page_for

NO_DOSSIER = {"name": "a.zip", "mimeType": "application/zip", "buffer": b"nothing of the kind"}
DROPS = """() => {
    const brought = new DataTransfer();
    brought.items.add(new File(["nothing of the kind"], "a.zip", { type: "application/zip" }));
    for (const type of ["dragover", "drop"])
        document.querySelector(".drop").dispatchEvent(new DragEvent(type, { dataTransfer: brought, cancelable: true }));
}"""


@pytest.fixture
async def wanted(context: AppContext) -> AsyncIterator[str]:
    """Where the console answers, where the operator wants the page."""
    over_it = replace(context, settings=replace(context.settings, verify_page=parse("60/minute")))
    app = create_app(over_it)
    add_console(app, over_it, demonstration=True)
    async with serving(app, "127.0.0.1", 0) as served:
        yield served


async def test_what_is_chosen_or_dropped_is_checked_at_once_and_the_button_stays(browser: Browser, wanted: str) -> None:
    page, told = await page_for(browser, wanted, {}), "[role=alert]"
    await page.goto(PAGE)
    assert [*await faults(page), *await barriers(page)] == []
    await page.goto(PAGE)
    await page.locator("#dossier").set_input_files(NO_DOSSIER)
    await page.wait_for_selector(told)
    await page.goto(PAGE)
    await page.evaluate(DROPS)
    await page.wait_for_selector(told)
    # With a key to be chosen besides, it is sent when that is done.
    await page.goto(PAGE)
    await page.locator("details summary").click()
    await page.locator("#dossier").set_input_files(NO_DOSSIER)
    assert await page.locator(told).count() == 0
    await page.get_by_role("button", name="核验").click()
    await page.wait_for_selector(told)
    await page.context.close()
