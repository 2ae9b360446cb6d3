"""A case played once more in a browser, its answer a few days later: what if."""

from playwright.async_api import expect

from domain.messages import label
from domain.words import Role
from tests.browser.conftest import Seat


async def test_an_answer_comes_later_than_it_did(seat: Seat) -> None:
    page = await seat(Role.BUREAU, "bureau", script=False)
    await page.goto("/what-if?example=05-yima-granted-on-the-make-up-saturday")
    await page.fill("#days", "7")
    await page.locator("[data-command=move]").click()
    await page.locator("[data-command=play]").click(timeout=90_000)
    changed = page.locator("tr[data-changed=provider_answer]")
    await expect(changed).to_contain_text(label("clock_state", "met_late", "zh"), timeout=90_000)
    await expect(changed).to_contain_text(label("clock_state", "met", "zh"))
    await expect(page.locator("[data-end=granted]")).to_be_visible()
    await expect(page.locator("figure.days svg").first).to_be_visible()
