"""``python -m tests.browser.screenshots``: every page of the console in docs/screenshots, at a desk and on a phone.

The cases are scenarios, played in a sandbox until one instant at which the clock of all pages stands still.
"""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx
from limits import parse
from playwright.async_api import Browser, Page, ViewportSize

from api.app import create_app
from api.context import AppContext, embedded_identity
from api.serving import serving
from api.settings import ApiSettings
from api.verify_page.endpoints import ADDRESS
from configuration.archive import archive_in
from console.app import add_console
from console.door import COOKIE
from domain.departments import Department, Departments
from domain.model import complete
from domain.words import Role
from embedded.offered import offered
from embedded.simulate.player import Player
from embedded.simulate.sandbox import Sandbox, sandbox
from starter.attachments import store_in
from starter.engine_client import ShareflowClient
from starter.scenarios import Scenario, read_scenario
from starter.tokens import new_issuer
from tests.browser.chromium import PHONE, WIDE, chromium, page_for
from tests.browser.places import filled, name_of, pages
from tests.house.code import ROOT, shown

NOW: Final = datetime.fromisoformat("2026-10-12T15:00:00+08:00")
PLAYED: Final = (
    "nantong-2020+809/extension-then-delivery",
    "nantong-2020+809/silence-then-coordination-agreed",
    "nantong-2020/refused-after-the-limit",
    "nantong-2020/refused-late-then-impasse",
    "changshu-2019+809/not-shared-negotiated-then-delivered",
    "cn-809-2025/silence-climbs-the-ladder-then-refer",
    "resource_withdrawal/nantong-consented",
    "rectification/nantong-809-over-the-make-up-days",
    "data_correction/nantong-corrected-and-pushed",
    "catalogue_change/nantong-over-the-make-up-days",
    "demand/undertaken-then-impossible",
)
"""The first is the case that is looked at."""
BUREAU, PROVIDER = (Role.BUREAU, "113206000140000064"), (Role.PROVIDER, "113206000140000028")
REQUESTER: Final = (Role.REQUESTER, "113206000140000015")
LISTED: Final[Departments] = {
    "nantong": (
        Department(code=BUREAU[1], name="南通市大数据管理局"),
        Department(code=PROVIDER[1], name="南通市公安局"),
        Department(code=REQUESTER[1], name="南通市民政局"),
    )
}
"""Under which names the departments of the pictures stand."""
WHO: Final[Mapping[str, Sequence[tuple[Role, str]]]] = {
    "/desk": (PROVIDER,),
    "/sign-in": (),
    ADDRESS: ((Role.AUDITOR, ""),),
}
"""Who looks at a page; at all others the first of OTHERS who may."""
OTHERS: Final = (BUREAU, (Role.OPERATOR, ""), (Role.AUDITOR, ""), REQUESTER)
TALLEST: Final = 2400
"""In pixels: what is longer is cut off below."""
FOLDER: Final = ROOT / "docs/screenshots"
DOCUMENTS: Final = (ROOT / "docs/console.md", ROOT / "docs/console.zh-CN.md")
BEGINS, ENDS = "<!-- screenshots -->", "<!-- /screenshots -->"


class Stopped(AppContext):
    """A door at which it is always NOW."""

    def known_on(self) -> datetime:
        """The instant of the pictures."""
        return NOW


def until_now(name: str) -> Scenario:
    """A scenario as far as it has come by NOW."""
    whole = read_scenario(ROOT / "tests/scenarios" / f"{name}.yaml")
    return whole.model_copy(update={"steps": tuple(step for step in whole.steps if step.at < NOW), "until": NOW})


async def played(ground: Sandbox) -> list[str]:
    """The ids of the cases, brought to where they stand now."""
    found = []
    for name in PLAYED:
        came = await Player(ground, until_now(name), key=name.replace("+", ".")).play()
        assert came.request_id is not None, name
        found.append(came.request_id)
    return found


@asynccontextmanager
async def console(ground: Sandbox, folder: Path) -> AsyncIterator[str]:
    """The address of the console over a sandbox, at NOW."""
    settings = ApiSettings(verify_page=parse("60/minute"))
    context = Stopped(
        client=ShareflowClient(ground.temporal, ground.engine),
        identity=embedded_identity(new_issuer(), settings),
        attachments=store_in(None, folder),
        archive=archive_in(None, folder),
        settings=settings,
        calendar=ground.calendar,
        receipt=lambda: None,
        simulator=offered(),
        departments=lambda: LISTED,
    )
    app = create_app(context)
    add_console(app, context, demonstration=True)
    async with serving(app, "127.0.0.1", 0) as address:
        yield address


async def opened(browser: Browser, address: str, path: str, request_id: str) -> Page | None:
    """A page as whoever may sees it; None where the address answers with no page."""
    where = filled(path, request_id)
    async with httpx.AsyncClient(base_url=address, timeout=30) as plain:
        for role, org in WHO.get(path, OTHERS):
            entered = await plain.post("/sign-in", data={"role": role.value, "org": org})
            cookies = {COOKIE: entered.cookies[COOKIE]}
            plain.cookies.clear()
            answer = await plain.get(where, headers={"Cookie": f"{COOKIE}={cookies[COOKIE]}"})
            if answer.status_code == httpx.codes.OK:
                break
        else:
            cookies, answer = {}, await plain.get(where)
    if answer.status_code != httpx.codes.OK or not answer.headers["content-type"].startswith("text/html"):
        return None
    page = await page_for(browser, address, cookies)
    await page.goto(where)
    return page


async def picture(page: Page, name: str, size: ViewportSize) -> Path:
    """Take a page at a width, from its top as far as it goes."""
    await page.set_viewport_size(size)
    tall = await page.evaluate("document.documentElement.scrollHeight")
    path = FOLDER / f"{name}-{size['width']}.png"
    height = min(max(tall, size["height"] // 2), TALLEST)
    await page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": size["width"], "height": height})
    return path


async def taken() -> list[str]:
    """Take all pictures; the names of the pages."""
    complete()
    names = []
    with tempfile.TemporaryDirectory() as folder:
        async with sandbox() as ground, chromium() as browser, console(ground, Path(folder)) as address:
            cases = await played(ground)
            for path in pages():
                page = await opened(browser, address, path, cases[0])
                if page is None:
                    continue
                for size in (WIDE, PHONE):
                    print(shown(await picture(page, name_of(path), size)))
                names.append(name_of(path))
                await page.context.close()
    return names


def section(names: Sequence[str]) -> str:
    """The pictures as the documents show them."""
    rows = [f"| ![{n}, 1366](screenshots/{n}-1366.png) | ![{n}, 390](screenshots/{n}-390.png) |" for n in names]
    return "\n".join(["| 1366 px | 390 px |", "|---|---|", *rows])


def main() -> None:
    """Take the pictures and show them in the documents; ``--help`` takes none."""
    argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__).parse_args()
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    names = asyncio.run(taken())
    for document in DOCUMENTS:
        before, _, rest = document.read_text(encoding="utf-8").partition(BEGINS)
        document.write_text(f"{before}{BEGINS}\n{section(names)}\n{ENDS}{rest.partition(ENDS)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
