"""Somebody files many requests by a sheet in a browser without scripts, twice: nothing is filed twice."""

import uuid

from playwright.async_api import Page, expect

from domain.messages import label
from domain.words import Role
from tests.api.sheets import sheet_of, typed
from tests.browser.chromium import faults
from tests.browser.conftest import Seat
from tests.engine.cases import REQUESTER

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def file(page: Page, content: bytes, good: int) -> list[str]:
    """Bring a sheet of which so many rows can be filed, confirm it where any can; where the cases of its rows are."""
    await page.goto("/file")
    await page.get_by_role("link", name=label("console", "sheet", "zh")).click()
    await page.get_by_label(label("console", "sheet_file", "zh")).set_input_files(
        {"name": "申请.xlsx", "mimeType": XLSX, "buffer": content}
    )
    await page.get_by_role("button", name=label("console", "sheet_look", "zh")).click()
    await expect(page.locator("[data-outcome=not_filed]")).to_have_count(2)
    await expect(page.locator("[data-outcome=would_be_filed]")).to_have_count(good)
    assert await faults(page) == []
    if good:
        await page.get_by_role("button", name=label("console", "sheet_confirm", "zh").format(good=good)).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(label("console", "sheet_done", "zh"))
        await expect(page.locator("[data-outcome=filed]")).to_have_count(good)
        assert await faults(page) == []
    cases = page.locator("main table a[href*='/cases/']")
    return [await each.inner_text() for each in await cases.all()]


async def test_three_rows_of_five_are_filed_and_the_sheet_once_more_files_nothing(seat: Seat) -> None:
    mark = uuid.uuid4().hex[:8]
    good = [typed(purpose=f"{mark} {number}") for number in range(3)]
    bad = [typed(purpose="=SUM(A1:A9)"), typed(requester__code="113206000140000099")]
    content = sheet_of([good[0], bad[0], good[1], bad[1], good[2]])
    page = await seat(Role.REQUESTER, REQUESTER, script=False)
    filed = await file(page, content, good=3)
    assert len(filed) == 3
    assert await file(page, content, good=0) == filed
    await page.get_by_role("link", name=filed[0]).click()
    await expect(page.get_by_role("main")).to_contain_text(f"{mark} 0")
