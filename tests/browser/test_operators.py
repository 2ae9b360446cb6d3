"""What operators do at the console in a real browser: try a batch of stuck cases again, publish a calendar."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

import pytest
from playwright.async_api import FilePayload, Page, expect

import console.calendar
from activities.other_cases import OtherCases
from api.context import AppContext
from background.publication import carry_out
from domain.calendar import Calendar
from domain.messages import label
from domain.words import Role
from embedded.simulate.sandbox import Sandbox
from starter.engine_client import ShareflowClient
from tests.browser.conftest import Seat
from tests.engine.looking import handle_of, until
from tests.procedures.held_up import CAUSE, held_up, opened_by, other_case_of, refuses

OPENING: Final = "activities.other_cases.OtherCases._opening"
EDITION: Final = "2025"
"""Known to every ledger from the first day: published again it moves nothing under the other tests."""


def refuses_only(request_id: str) -> Callable[..., Any]:
    """In place of what makes another case's opening: this one alone is refused."""
    opening = OtherCases._opening

    def made(others: OtherCases, order: Any) -> Any:
        return refuses() if order.request_id == request_id else opening(others, order)

    return made


async def counts(page: Page) -> dict[str, int]:
    """The numbers of a batch as its page shows them."""
    shown = page.locator(".count[data-result]")
    names = await shown.evaluate_all("all => all.map(each => [each.dataset.result, Number(each.textContent)])")
    return dict(names)


async def test_a_batch_tells_of_each_case_what_came_of_it_without_a_reload(
    seat: Seat, ground: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, page = ShareflowClient(ground.temporal, ground.engine), await seat(Role.OPERATOR)
    with monkeypatch.context() as broken:
        broken.setattr(OPENING, refuses)
        mended, failing, gone = await held_up(ground, client, 3)
        await page.goto(f"/stuck?cause={quote(CAUSE)}")
        row = page.locator(f"tr[data-cause='{CAUSE}']")
        await row.locator("summary").filter(has_text=label("console", "stuck_retry_all", "zh")).click()
        await row.locator("[name=reason]").fill("对方材料已补齐")
        await row.locator("[data-act=batch]").click()
        await expect(page.locator("[data-state=prepared]")).to_be_visible()
    with monkeypatch.context() as half:
        half.setattr(OPENING, refuses_only(await other_case_of(client, failing)))
        await handle_of(client, gone).signal("retry_step")
        await until(lambda: opened_by(client, gone))
        await page.locator("[data-act=confirm]").click()
        # Nobody reloads the page: it follows its batch by itself.
        await expect(page.locator("[data-state=finished]")).to_be_visible(timeout=60_000)
    came = {case: await page.get_attribute(f"tr[data-subject='{case}']", "data-result") for case in (mended, failing)}
    assert came == {mended: "recovered", failing: "still_stuck"}
    assert await page.get_attribute(f"tr[data-subject='{gone}']", "data-result") == "not_executed"
    told = await counts(page)
    assert told["recovered"] + told["still_stuck"] + told["not_executed"] == told["number"] >= 3
    assert told["waiting"] == 0
    main = page.get_by_role("main")
    for word in ("stuck_recovered", "stuck_still", "stuck_not_executed"):
        await expect(main).to_contain_text(label("console", word, "zh"))
    await handle_of(client, failing).signal("retry_step")


async def test_a_calendar_is_uploaded_previewed_and_published(
    seat: Seat, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, notice = await seat(Role.OPERATOR), Calendar.packaged().edition(EDITION)
    brought = FilePayload(name="notice.json", mimeType="application/json", buffer=notice.to_json().encode())

    async def previewed() -> None:
        await page.goto("/calendar")
        await page.locator("input[type=file]").set_input_files(brought)
        await page.locator("form:has(input[type=file]) button").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(EDITION)

    await previewed()
    await expect(page.get_by_role("main")).to_contain_text(label("console", "in_force_already", "zh"))
    await expect(page.locator("[data-command=publish]")).to_have_count(0)
    # As for whoever looks at it before somebody else publishes it: a further edition would move the limits of others.
    there = console.calendar.impact_out
    monkeypatch.setattr(console.calendar, "impact_out", lambda *it: there(*it).model_copy(update={"in_force": False}))
    await previewed()
    await page.locator("[data-command=publish]").click()
    await expect(page).to_have_url(re.compile(f"/calendar/publications/{EDITION}$"))
    await expect(page.get_by_role("main")).to_contain_text(label("console", "publication_runs", "zh"))
    store, within = context.calendar_store, timedelta(seconds=60)
    assert (await carry_out(context.client.temporal, context.writer.engine, store, EDITION, within)).finished
    await page.get_by_role("link", name=label("console", "look_again", "zh")).click()
    await expect(page.get_by_role("main")).to_contain_text(label("console", "publication_done", "zh"))
