"""People at the console in a real browser: signing in and out, deciding by keyboard alone, two at one case."""

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from domain.messages import label
from domain.words import Role
from tests.api.callers import People
from tests.browser.conftest import Seat
from tests.engine.cases import PROVIDER

MOST_TABS = 120
WITH_ONE_CASE = "113206000140000471"
"""A provider of this file alone: others' desks are longer than a page."""


async def tab_to(page: Page, selector: str) -> None:
    """Press the tabulator until something has the focus."""
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if await page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"no way to {selector} by keyboard")


async def send(page: Page, request_id: str, command: str, **fields: str) -> None:
    """Give a command by keyboard alone: unfold its form, type, press its button."""
    await page.goto(f"/cases/{request_id}")
    await tab_to(page, f"details:has([data-command={command}]) > summary")
    await page.keyboard.press("Enter")
    await fill_in(page, command, **fields)


async def fill_in(page: Page, command: str, **fields: str) -> None:
    """Type into a form that is unfolded, and press its button."""
    for name, text in fields.items():
        await tab_to(page, f"form:has([data-command={command}]) [name='{name}']")
        await page.keyboard.type(text)
    await tab_to(page, f"[data-command={command}]")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def test_somebody_signs_in_and_out_by_keyboard(seat: Seat) -> None:
    page = await seat()
    await page.goto("/desk")
    await expect(page).to_have_url(re.compile("/sign-in$"))
    await tab_to(page, "#role-provider")
    await page.keyboard.press("Space")
    await tab_to(page, "main button")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text(label("console", "choose_org", "zh"))
    await expect(page.locator("#role-provider")).to_be_checked()
    await tab_to(page, "#other-org")
    await page.keyboard.type(PROVIDER)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(label("console", "desk", "zh"))
    await expect(page.get_by_role("banner")).to_contain_text(PROVIDER)
    await expect(page.get_by_role("navigation", name=label("console", "menu", "zh"))).not_to_contain_text(
        label("console", "stuck", "zh")
    )
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(label("console", "desk", "en"))
    await page.get_by_role("button", name=label("console", "sign_out", "en")).click()
    await expect(page).to_have_url(re.compile("/sign-in$"))
    await page.goto("/desk")
    await expect(page).to_have_url(re.compile("/sign-in$"))


async def test_a_case_is_accepted_and_granted_by_keyboard_alone(seat: Seat, people: People) -> None:
    request_id = await people.file(provider={"code": WITH_ONE_CASE, "name": "市民政局"})
    await send(await seat(Role.BUREAU, "bureau"), request_id, "accept")
    provider = await seat(Role.PROVIDER, WITH_ONE_CASE)
    await provider.goto("/desk")
    await expect(provider.get_by_role("link", name=request_id)).to_be_visible()
    await send(provider, request_id, "grant", conditions="仅限低保核验")
    await expect(provider.get_by_role("main")).to_contain_text(label("outcome", "granted", "zh"))
    await expect(provider.locator("[data-command=grant]")).to_have_count(0)


async def test_a_refusal_is_told_above_the_form_and_what_was_typed_stands(seat: Seat, people: People) -> None:
    request_id = await people.file()
    await people.give("bureau", request_id, "accept")
    page = await seat(Role.PROVIDER, PROVIDER)
    await send(page, request_id, "refuse", reason="  ", legal_basis="《办法》<第八条>")
    told = page.get_by_role("alert")
    await expect(told).to_contain_text(label("console", "problem", "zh"))
    kept = page.locator("form:has([data-command=refuse]) [name=legal_basis]")
    await expect(kept).to_be_visible()
    await expect(kept).to_have_value("《办法》<第八条>")
    above = "form => form.compareDocumentPosition(document.querySelector('[role=alert]')) & 2"
    assert await page.locator("form:has([data-command=refuse])").evaluate(above)
    await fill_in(page, "refuse", reason="涉及未成年人信息")
    await expect(page.get_by_role("main")).to_contain_text("涉及未成年人信息")
    await expect(page.get_by_role("main")).to_contain_text(label("stage", "refused", "zh"))
    await page.go_back()
    await expect(told, "what answered a form is shown again, and nobody is asked to send it again").to_be_visible()


async def test_the_second_of_two_at_one_case_is_told_that_it_changed(seat: Seat, people: People) -> None:
    request_id = await people.file()
    first, second = await seat(Role.BUREAU, "bureau"), await seat(Role.BUREAU, "bureau-2")
    for page in (first, second):
        await page.goto(f"/cases/{request_id}")
    await second.locator("details:has([data-command=decline]) > summary").click()
    reason = second.locator("form:has([data-command=decline]) [name=reason]")
    await reason.fill("材料不齐，写了很久")
    for language in ("English", "中文"):
        await second.get_by_role("button", name=language).click()
        await expect(reason).to_have_value("材料不齐，写了很久")
    await send(first, request_id, "accept")
    await second.locator("[data-command=decline]").click()
    await expect(second.get_by_role("alert")).to_contain_text(label("problem", "stale", "zh"))
    await expect(second.get_by_role("main")).to_contain_text("材料不齐，写了很久")
    await expect(second.get_by_role("main")).to_contain_text(label("stage", "provider_answer", "zh"))


async def test_a_session_that_was_ended_elsewhere_opens_and_does_nothing(
    seat: Seat, cookie_of: Callable[..., Awaitable[str]], people: People
) -> None:
    request_id, cookie = await people.file(), await cookie_of(Role.BUREAU, "bureau")
    here, elsewhere = await seat(cookie=cookie), await seat(cookie=cookie)
    await here.goto(f"/cases/{request_id}")
    await elsewhere.goto("/desk")
    await elsewhere.get_by_role("button", name=label("console", "sign_out", "zh")).click()
    await here.locator("details:has([data-command=accept]) > summary").click()
    await here.locator("[data-command=accept]").click()
    await expect(here).to_have_url(re.compile("/sign-in$"))
    case = (await people.get("bureau", f"/v1/requests/{request_id}")).json()
    assert case["stage"] == "completeness_check"


async def test_without_javascript_forms_work_and_back_finds_them_filled_in(seat: Seat, people: People) -> None:
    request_id = await people.file()
    page = await seat(Role.BUREAU, "bureau", script=False)
    main, form = page.get_by_role("main"), page.locator("form:has([data-command=urge])")
    await page.goto(f"/cases/{request_id}")
    await page.locator("details:has([data-command=urge]) > summary").click()
    await form.locator("[name=level]").select_option("notice")
    await form.locator("[name=reason]").fill("请尽快答复")
    await form.locator("button:not([data-command])").click()
    await expect(main).to_contain_text(label("console", "nothing_recorded", "zh"))
    await page.go_back()
    await expect(form.locator("[name=reason]")).to_be_visible()
    await expect(form.locator("[name=reason]")).to_have_value("请尽快答复")
    await page.go_forward()
    await page.reload()
    await page.get_by_role("button", name="English").click()
    await expect(main).to_contain_text(label("console", "nothing_recorded", "en"))
    await expect(main).to_contain_text("请尽快答复")
    await page.locator("[data-command=urge]").click()
    await expect(main).to_contain_text(label("event", "urged", "en"))
    await page.reload()
    await page.go_back()
    await expect(page.locator("#events")).to_be_visible()
    events = (await people.get("bureau", f"/v1/requests/{request_id}/events")).json()["items"]
    assert [event["type"] for event in events].count("urged") == 1
