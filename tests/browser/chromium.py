"""Debian's Chromium, driven by Playwright: how it is opened, and what is wrong with a page that it shows."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, async_playwright

from tests.browser.presence import CHROMIUM

WIDE: Final = ViewportSize(width=1366, height=768)
PHONE: Final = ViewportSize(width=390, height=844)
GRAVE: Final = ("serious", "critical")

_AXE: Final = Axe()
_SEEN_BY_AXE: Final = "options => axe.run(document, options).then(found => found.violations)"
_ALL: Final = {"resultTypes": ["violations"], "elementRef": False}
_NARROW: Final = {**_ALL, "runOnly": ["scrollable-region-focusable", "empty-table-header", "link-name"]}
_TOO_WIDE: Final = """() => {
    const over = document.documentElement.scrollWidth - window.innerWidth;
    if (over <= 0) return null;
    const widest = [...document.querySelectorAll('main *, header *, nav *')]
        .filter(each => each.getBoundingClientRect().right > window.innerWidth + 1).slice(0, 3);
    return `scrolls ${over}px: ` + widest.map(each => each.outerHTML.slice(0, 80)).join(' | ');
}"""
_UNFOLD: Final = """() => {
    const folded = [...document.querySelectorAll('details:not([open])')];
    folded.forEach(each => { each.open = true; });
    return folded.length > 0;
}"""
_FRAME: Final = """() => [
    document.documentElement.lang ? '' : 'has no lang',
    document.querySelectorAll('h1').length === 1 ? '' : 'has not one h1',
    document.title.trim() ? '' : 'has no title',
].filter(Boolean)"""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """One browser, gone afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM)
        try:
            yield browser
        finally:
            await browser.close()


async def page_for(browser: Browser, address: str, cookies: Mapping[str, str], script: bool = True) -> Page:
    """A page of somebody whose browser keeps these cookies of an address."""
    context = await browser.new_context(
        viewport=WIDE, locale="zh-CN", timezone_id="Asia/Shanghai", java_script_enabled=script, base_url=address
    )
    for name, value in cookies.items():
        await keep_cookie(context, address, name, value)
    return await context.new_page()


async def keep_cookie(context: BrowserContext, address: str, name: str, value: str) -> None:
    """Have a browser keep a cookie as the console itself sets it.

    The browser counts this machine's own address as safe; whoever puts a cookie into it by hand must say https.
    """
    safe = address.replace("http://", "https://", 1)
    await context.add_cookies([{"name": name, "value": value, "url": safe, "secure": True}])


class Complaints:
    """What a page complains of in the browser's console: errors, blocked styles, what could not be loaded."""

    def __init__(self, page: Page) -> None:
        self.told: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.told.append(f"error: {error}"))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.told.append(f"console: {message.text}")


async def faults(page: Page) -> list[str]:
    """What is wrong with a page as it is shown at both widths, and with all unfolded that unfolds."""
    found = [str(fault) for fault in await page.evaluate(_FRAME)]
    for shown in ("", " unfolded,"):
        if shown and not await page.evaluate(_UNFOLD):
            break
        for size in (PHONE, WIDE):
            await page.set_viewport_size(size)
            too_wide = await page.evaluate(_TOO_WIDE)
            found += [f"{size['width']} px:{shown} {too_wide}"] if too_wide else []
    return found


async def barriers(page: Page) -> list[str]:
    """What axe finds of a page that keeps somebody out; of the phone's width, what only narrowness brings about."""
    found = []
    await page.evaluate(_AXE.axe_script)
    for size, options in ((PHONE, _NARROW), (WIDE, _ALL)):
        await page.set_viewport_size(size)
        for violation in await page.evaluate(_SEEN_BY_AXE, options):
            if violation["impact"] in GRAVE:
                where = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
                found.append(f"{size['width']} px: {violation['id']} ({violation['impact']}): {where}")
    return found
