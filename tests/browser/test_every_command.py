"""Commands given in a browser through the forms of a case's page.

In the short form so many that something is typed into every kind of field, in the whole form each of each procedure.

Without a browser every command is given in ``tests/console/test_every_command.py``.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import pytest
from playwright.async_api import Locator, Page, expect

from api.context import AppContext
from domain.words import CommandName, Role
from embedded.simulate.sandbox import Sandbox
from tests.browser.conftest import Seat
from tests.console.form_play import (
    ByForms,
    FormPlay,
    each_command,
    each_kind_of_field,
    form_plays,
    played_and_on_paper,
)
from tests.forms import either

PLAYS: Final = form_plays(either(each_kind_of_field, each_command))


class InBrowser:
    """Fills in forms as people do: unfolds, types, chooses, presses the button."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._pages: dict[tuple[Role, str], Page] = {}

    async def give(self, request_id: str, command: CommandName, role: Role, org: str, form: Mapping[str, str]) -> None:
        """Give a command."""
        if (role, org) not in self._pages:
            self._pages[role, org] = await self._seat(role, org)
        page, its = self._pages[role, org], f"form:has([data-command={command}])"
        await page.goto(f"/cases/{request_id}")
        # A command that a limit's end opens appears by itself once that is recorded.
        await page.locator(f"details:has([data-command={command}]) > summary").click()
        for name, value in form.items():
            await self._type(page, page.locator(its), name, value)
        async with page.expect_navigation():
            await page.locator(f"[data-command={command}]").click()
        await expect(page.locator(f"{its} ~ [role=alert]")).to_have_count(0)
        await expect(page).to_have_url(re.compile(rf"/cases/{request_id}\?done=\d+$"))

    async def _type(self, page: Page, form: Locator, name: str, value: str) -> None:
        field = form.locator(f"[name='{name}']")
        if await field.count() == 0:
            async with page.expect_navigation():
                await form.locator(f"button[name=more][value='{name.partition('.')[0]}']").click()
        kind = await field.evaluate("field => field.type")
        if kind == "checkbox":
            await field.set_checked(bool(value))
        elif kind == "select-one":
            await field.select_option(value)
        else:
            await field.fill(value)


@pytest.mark.long
@pytest.mark.parametrize("play", PLAYS, ids=str)
async def test_commands_are_given_in_a_browser(
    play: FormPlay, ground: Sandbox, seat: Seat, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(instant: datetime) -> None:
        monkeypatch.setattr(context, "receipt", lambda: instant)

    played, on_paper = await played_and_on_paper(ByForms(ground, play, InBrowser(seat), at), play)
    assert played == on_paper
