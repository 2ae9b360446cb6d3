"""A month of the assessment sealed in a browser, and what has changed since."""

import re

from playwright.async_api import expect

from api.context import AppContext
from domain.calendar import day_of
from domain.messages import label
from domain.words import Role
from tests.api.callers import People
from tests.browser.conftest import Seat


async def test_a_month_is_sealed_and_a_later_case_is_its_difference(
    seat: Seat, people: People, context: AppContext
) -> None:
    today = day_of(context.known_on())
    page = await seat(Role.BUREAU, "bureau")
    await page.goto("/assessment")
    await page.fill("#from", today.replace(day=1).isoformat())
    await page.fill("#to", today.isoformat())
    await page.get_by_role("button", name=label("console", "assess", "zh")).click()
    await page.get_by_role("link", name=label("console", "seal_this", "zh")).click()
    await page.fill("#reason", "本月考核")
    await page.locator("[data-command=seal]").click()
    await expect(page).to_have_url(re.compile(r"/assessment/seals/\d+$"))
    await expect(page.get_by_role("main")).to_contain_text(label("console", "seal_no_difference", "zh"))
    request_id = await people.file()
    await page.reload()
    changed = page.locator("tr[data-figure=all]").first
    await expect(changed).to_contain_text(label("console", "seal_came", "zh"))
    await expect(changed.get_by_role("link", name=request_id)).to_be_visible()
