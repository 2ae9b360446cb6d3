"""What no database holds, in every part of every address and every field: refused in a sentence, never a defect."""

import re
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from console.app import ROUTES
from domain.messages import label
from domain.words import Role
from tests.api.callers import Bearer
from tests.browser.places import filled, pages
from tests.console.conftest import Enter

ASKED: Final = ("case", "cause", "code", "cursor", "tab", "from", "year", "example", "event")
"""Parameters that pages have in their queries, among them all that name something."""
SENT: Final = ("case", "cause", "reason", "key", "holder")
REFUSED: Final = label("body", "unheld", "zh")


def addresses() -> Iterator[str]:
    """Every page with a NUL in its path, and with one in its query."""
    for path in pages():
        if "{" in path:
            yield re.sub(r"\{[^}]+\}", "%00", path)
        yield f"{filled(path, 'NONE')}?{'&'.join(f'{name}=a%00' for name in ASKED)}"


async def test_a_page_is_not_asked_for_what_nothing_can_be_called(enter: Enter) -> None:
    operator = await enter(Role.OPERATOR)
    for address in addresses():
        answer = await operator.get(address)
        assert (answer.status_code, REFUSED in answer.text) == (400, True), address


async def test_a_form_is_not_sent_with_what_nothing_can_hold(enter: Enter) -> None:
    operator = await enter(Role.OPERATOR)
    token = (await operator.get("/desk")).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    forms = [filled(route.path, "NONE") for route in ROUTES if "POST" in (route.methods or ())]
    for form in forms:
        answer = await operator.send(form, {"csrf_token": token, **dict.fromkeys(SENT, "a\0")})
        assert answer.status_code in (400, 403, 404), form
        assert REFUSED in answer.text or answer.status_code != 400, form
    assert (await operator.send("/desk/claim", {"csrf_token": token, "case": "a\0"})).status_code == 400


@pytest.mark.parametrize("path", ["calendar/publications", "stuck", "stuck/batches"])
async def test_the_api_has_nothing_of_such_a_name(api: httpx.AsyncClient, bearer: Bearer, path: str) -> None:
    answer = await api.get(f"/v1/{path}/%00", headers=bearer(Role.OPERATOR))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("year", ["2017", "9999", "10000", "9999999"])
async def test_a_year_that_the_calendar_does_not_cover_is_told(enter: Enter, year: str) -> None:
    page = await (await enter(Role.AUDITOR)).get(f"/calendar?year={year}")
    assert (page.status_code, 'role="alert"' in page.text) == (422, True), year
