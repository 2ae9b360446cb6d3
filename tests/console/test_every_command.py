"""Each command of each procedure, given through the form that a case's page offers for it, on real cases."""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final

import pytest

from api.context import AppContext
from domain.messages import label
from domain.words import CommandName, Role
from embedded.simulate.sandbox import Sandbox
from tests.console.conftest import Enter, Person
from tests.console.form_play import ByForms, FormPlay, each_command, form_plays, played_and_on_paper
from tests.console.test_chinese_pages import codes_in
from tests.engine.looking import until

PLAYS: Final = form_plays(each_command)
GIVEN_AT: ContextVar[datetime | None] = ContextVar("given_at", default=None)
AT_ONCE: Final = 6
LOOKS: Final = 5
"""Where a limit has just run out, what it brings may be recorded after the page was shown: whoever is told so sends it
again."""


class OverHttp:
    """Fills in forms without a browser."""

    def __init__(self, enter: Enter) -> None:
        self._enter = enter
        self._people: dict[tuple[Role, str], Person] = {}

    async def give(self, request_id: str, command: CommandName, role: Role, org: str, form: Mapping[str, str]) -> None:
        """Give a command."""
        if (role, org) not in self._people:
            self._people[role, org] = await self._enter(role, org)
        person = self._people[role, org]
        # Where a limit has just run out, a command may be open only when that is recorded.
        page = await until(lambda: _offering(person, request_id, command))
        assert list(codes_in(page)) == []
        for _ in range(LOOKS):
            answer = await person.give(request_id, command.value, **form)
            if label("problem", "stale", "zh") not in answer.text:
                break
        assert answer.status_code == 303, _alert(answer.text)


async def _offering(person: Person, request_id: str, command: CommandName) -> str:
    """The page of a case with the form of a command; nothing while it has none."""
    page = (await person.get(f"/cases/{request_id}")).text
    return page if f'data-command="{command}"' in page else ""


def _alert(page: str) -> str:
    return page.partition('role="alert"')[2][:600]


async def test_each_command_is_given_through_its_form(
    ground: Sandbox, enter: Enter, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "receipt", GIVEN_AT.get)
    hand, gate = OverHttp(enter), asyncio.Semaphore(AT_ONCE)

    async def came(play: FormPlay) -> tuple[Any, ...]:
        async with gate:
            return await played_and_on_paper(ByForms(ground, play, hand, GIVEN_AT.set), play)

    for play, (found, expected) in zip(PLAYS, await asyncio.gather(*map(came, PLAYS)), strict=True):
        assert found == expected, str(play)
