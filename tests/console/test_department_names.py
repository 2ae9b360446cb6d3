"""Nobody decides in a form under which name another department stands: the operator's list does."""

import re
from collections.abc import Iterator

import httpx
import pytest

from api.context import AppContext
from domain.departments import Department
from domain.messages import label
from domain.words import Role
from tests.api.callers import STRANGER, Bearer, People
from tests.api.sheets import sheet_of, typed
from tests.console.conftest import Enter
from tests.console.test_case_filing import FILLED, form_of
from tests.console.test_sheet import looked_at, outcomes
from tests.engine.cases import PROVIDER, REQUESTER

LISTED = "南通市公安局"
ALONE, ITS_NAME = "113206000140000633", "南通市气象局"
"""A department that no other test knows."""


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


@pytest.fixture(autouse=True)
def listed(context: AppContext) -> Iterator[None]:
    """A list that has the provider, and not whoever asks."""
    before = context.departments
    there = (Department(code=PROVIDER, name=LISTED), Department(code=ALONE, name=ITS_NAME))
    context.departments = lambda: {"nantong": there}
    yield
    context.departments = before


async def test_another_name_of_a_listed_code_and_another_code_of_a_listed_name_are_refused(enter: Enter) -> None:
    requester = await enter(Role.REQUESTER, REQUESTER)
    form = {**await form_of(requester), **FILLED}
    named = {"code": PROVIDER, "listed": LISTED, "name": "冒名教育局"}
    coded = {"code": "../../etc", "codes": PROVIDER, "name": LISTED}
    for wrong, word, said in (
        ({"provider.name": "冒名教育局"}, "listed_under_another_name", named),
        ({"provider.code": "../../etc"}, "listed_under_another_code", coded),
        ({"provider.code": "../../etc", "provider.name": "南通市\u200b公安局"}, "listed_under_another_code", None),
    ):
        back = await requester.send("/file", {**form, **wrong})
        told = back.text.partition('role="alert"')[2].partition("</div>")[0]
        assert back.status_code == 422, back.text
        assert label("console", word, "zh").format(**said or {**coded, "name": wrong["provider.name"]}) in told
        assert all(f'value="{value}"' in back.text for value in wrong.values())


async def test_a_code_that_no_list_has_is_taken_once_the_person_is_sure_of_it(enter: Enter) -> None:
    requester = await enter(Role.REQUESTER, REQUESTER)
    form = {**await form_of(requester), **FILLED, "provider.code": "ZZ1", "provider.name": "代码不存在局"}
    for sure in ({}, {"sure": "ZZ2"}):
        back = await requester.send("/file", {**form, **sure})
        assert back.status_code == 422
        assert label("console", "unlisted_codes", "zh").format(codes="ZZ1") in back.text
        assert 'name="sure" value="ZZ1">' in back.text
    assert (await requester.send("/file", {**form, "sure": "ZZ1"})).status_code == 303
    # Where nobody keeps a list, no code can be told from another.
    elsewhere = {**form, "statute": "yima", "idempotency_key": "nobody-lists-yima"}
    assert (await requester.send("/file", elsewhere)).status_code == 303


async def test_rows_of_a_sheet_are_told_the_same(enter: Enter) -> None:
    requester = await enter(Role.REQUESTER, REQUESTER)
    rows = [
        typed(statute="nantong-2020", provider__name="冒名教育局"),
        typed(statute="nantong-2020", provider__code=STRANGER, provider__name="档案局"),
    ]
    page = await looked_at(requester, sheet_of(rows))
    assert outcomes(page) == ["not_filed", "would_be_filed"]
    said = {"code": PROVIDER, "listed": LISTED, "name": "冒名教育局"}
    assert label("console", "listed_under_another_name", "zh").format(**said) in page.text
    assert label("console", "unlisted_codes", "zh").format(codes=STRANGER) in page.text


async def test_a_case_says_what_the_list_calls_its_department_and_namesakes_are_told_apart(
    people: People, enter: Enter
) -> None:
    # What programs file is taken as before.
    misnamed = await people.file(provider={"code": ALONE, "name": "冒名教育局"})
    await people.file(provider={"code": "../../etc", "name": ITS_NAME})
    bureau = await enter(Role.BUREAU, "bureau")
    page = (await bureau.get(f"/cases/{misnamed}")).text
    assert "冒名教育局" in page
    assert label("console", "listed_as", "zh").format(name=ITS_NAME) in page
    assessed = (await bureau.get("/assessment")).text
    for code in ("../../ETC", ALONE):
        assert re.search(rf'{ITS_NAME}(</bdi>)? <small class="code">(<bdi>)?{re.escape(code)}<', assessed), code
