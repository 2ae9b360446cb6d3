"""Two at one case in a real browser: what one does the other sees without a reload, and a form being filled stays."""

import hashlib
import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from api.context import AppContext
from console.door import COOKIE
from domain.messages import label
from domain.words import Role
from tests.api.callers import People
from tests.browser.chromium import Complaints
from tests.browser.conftest import Seat
from tests.browser.test_people import send
from tests.engine.cases import PROVIDER

ALONE = "113206000140000077"
"""A department without other cases: all of its own stand on the first page of its desk."""
CHANGED = label("console", "changed_meanwhile", "zh")


async def mark(page: Page) -> None:
    """Leave something behind that a reload would sweep away."""
    await page.evaluate("window.before = true")


async def stayed(page: Page) -> bool:
    """Whether the page was not loaded again since."""
    return bool(await page.evaluate("window.before === true"))


async def test_what_one_does_the_other_sees_without_a_reload(seat: Seat, people: People) -> None:
    request_id = await people.file()
    here, there = await seat(Role.PROVIDER, PROVIDER), await seat(Role.BUREAU, "bureau")
    complaints = Complaints(here)
    await here.goto(f"/cases/{request_id}")
    await mark(here)
    await expect(here.locator("[data-command=grant]")).to_have_count(0)
    await send(there, request_id, "accept")
    await expect(here.locator("[data-part=head]")).to_contain_text(label("stage", "provider_answer", "zh"))
    await expect(here.locator("[data-command=grant]")).to_have_count(1)
    await expect(here.locator("#events + ol")).to_contain_text(label("event", "accepted", "zh"))
    assert await stayed(here)
    assert complaints.told == []


async def test_a_form_that_is_being_filled_stays_and_is_told_of_the_change(seat: Seat, people: People) -> None:
    request_id = await people.file()
    here, there = await seat(Role.BUREAU, "bureau"), await seat(Role.BUREAU, "bureau-2")
    await here.goto(f"/cases/{request_id}")
    await mark(here)
    await here.locator("details:has([data-command=decline]) > summary").click()
    reason = here.locator("form:has([data-command=decline]) [name=reason]")
    await reason.fill("材料不齐，写了很久")
    await send(there, request_id, "accept")
    await expect(here.get_by_role("status")).to_have_text(CHANGED)
    await expect(here.locator("[data-part=head]")).to_contain_text(label("stage", "provider_answer", "zh"))
    await expect(reason).to_have_value("材料不齐，写了很久")
    assert await stayed(here)
    await here.locator("[data-command=decline]").click()
    await expect(here.get_by_role("alert")).to_contain_text(label("problem", "stale", "zh"))
    await expect(here.get_by_role("main")).to_contain_text("材料不齐，写了很久")


async def test_nothing_moves_while_the_mouse_is_down_so_that_the_click_counts(seat: Seat, people: People) -> None:
    request_id = await people.file()
    here, there = await seat(Role.BUREAU, "bureau"), await seat(Role.PROVIDER, PROVIDER)
    await here.goto(f"/cases/{request_id}")
    await mark(here)
    folded = here.locator("details:has([data-command=decline])")
    await folded.locator("> summary").hover()
    await here.mouse.down()
    async with here.expect_response(lambda answer: answer.request.headers.get("shareflow-live") == "1"):
        await people.give("bureau", request_id, "accept")
    await there.goto(f"/cases/{request_id}")  # as long as a page takes
    await expect(here.get_by_role("status")).to_have_text("")
    await here.mouse.up()
    await expect(folded).to_have_attribute("open", "")
    await expect(here.get_by_role("status")).to_have_text(CHANGED)
    assert await stayed(here)


async def test_a_list_shows_what_came_and_catches_up_once_a_form_is_left(seat: Seat, people: People) -> None:
    page, bureau = await seat(Role.PROVIDER, ALONE), await seat(Role.BUREAU, "bureau")
    department = {"code": ALONE, "name": "市档案馆"}
    first, second = await people.file(provider=department), await people.file(provider=department)
    await page.goto("/desk")
    await mark(page)
    await send(bureau, first, "accept")
    await expect(page.get_by_role("link", name=first)).to_be_visible()
    await page.locator(f"tr:has-text('{first}') summary").click()
    await page.locator(f"[id='to-{first}']").fill("li-si")
    await send(bureau, second, "accept")
    await expect(page.get_by_role("status")).to_have_text(CHANGED)
    await expect(page.get_by_role("link", name=second)).to_have_count(0)
    await page.locator(f"[id='to-{first}']").fill("")
    await page.locator(f"tr:has-text('{first}') summary").click()
    await page.get_by_role("heading", level=1).click()
    await expect(page.get_by_role("link", name=second)).to_be_visible()
    await expect(page.get_by_role("status")).to_have_text("")
    assert await stayed(page)


async def test_a_page_whose_session_is_revoked_stays_and_leads_to_the_way_in(
    seat: Seat, people: People, cookie_of: Callable[..., Awaitable[str]]
) -> None:
    request_id, cookie = await people.file(), await cookie_of(Role.BUREAU, "bureau")
    here, elsewhere = await seat(cookie=cookie), await seat(cookie=cookie)
    await here.goto(f"/cases/{request_id}")
    await elsewhere.goto("/desk")
    await elsewhere.get_by_role("button", name=label("console", "sign_out", "zh")).click()
    await expect(here.get_by_role("status")).to_have_text(label("console", "session_over", "zh"))
    await people.give("bureau", request_id, "accept")
    await expect(here.get_by_role("heading", level=1)).to_contain_text(request_id)
    await expect(here.locator("[data-part=head]")).to_contain_text(label("stage", "completeness_check", "zh"))
    await here.reload()
    await expect(here).to_have_url(re.compile("/sign-in$"))


async def test_a_session_that_ended_elsewhere_is_told_and_what_is_typed_stays(
    seat: Seat, people: People, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.streams.LOOK_SECONDS", 0.2)
    request_id, here = await people.file(), await seat(Role.BUREAU, "bureau")
    await here.goto(f"/cases/{request_id}")
    await here.locator("details:has([data-command=decline]) > summary").click()
    reason = here.locator("form:has([data-command=decline]) [name=reason]")
    await reason.fill("材料不齐，写了很久")
    [cookie] = [each for each in await here.context.cookies() if each.get("name") == COOKIE]
    context.writer.revoke_session(hashlib.sha256(cookie.get("value", "").encode()).hexdigest())
    await expect(here.get_by_role("status")).to_have_text(label("console", "session_over", "zh"))
    await expect(reason).to_have_value("材料不齐，写了很久")
