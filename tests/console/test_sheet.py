"""/file/sheet: a sheet is brought, looked at, and filed by forms alone; what was left is a sheet again."""

import re
import uuid

import httpx

from domain.words import Role
from tests.api.sheets import lines_of, sheet_of, typed
from tests.console.conftest import Enter, Person
from tests.engine.cases import PROVIDER, REQUESTER


async def hidden(page: httpx.Response, action: str) -> dict[str, str]:
    """The hidden fields of the form that leads somewhere."""
    [form] = [form for form in page.text.split("<form") if f'action="{action}"' in form]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


async def looked_at(person: Person, content: bytes) -> httpx.Response:
    form = await hidden(await person.get("/file/sheet"), "/file/sheet/preview")
    return await person.bring("/file/sheet/preview", form, sheet=content)


def outcomes(page: httpx.Response) -> list[str]:
    assert page.status_code == 200, page.text
    return re.findall(r'data-outcome="(\w+)"', page.text)


async def test_a_sheet_is_looked_at_then_filed_and_what_is_left_is_a_sheet(enter: Enter) -> None:
    officer, mark = await enter(Role.REQUESTER, REQUESTER), uuid.uuid4().hex[:8]
    template = (await officer.get("/file/sheet/template")).content
    rows = [typed(purpose=f"{mark} {number}") for number in range(2)]
    content = sheet_of([*rows, typed(purpose="=1+1", resource__name="<b>表</b>")], template)
    page = await looked_at(officer, content)
    assert outcomes(page) == ["would_be_filed", "would_be_filed", "not_filed"]
    assert all(said in page.text for said in ("K5", "是公式", "&lt;b&gt;表&lt;/b&gt;", "提出 2 件申请"))
    unfiled = await officer.get(f"/file/sheet/confirm?{page.url.query.decode()}")
    assert (unfiled.status_code, unfiled.headers["location"]) == (303, "/file/sheet")
    form = await hidden(page, "/file/sheet/confirm")
    done = await officer.send("/file/sheet/confirm", form)
    assert outcomes(done) == ["filed", "filed", "not_filed"]
    cases = re.findall(r'href="(/cases/[^"]+)"', done.text)
    assert len(set(cases)) == 2
    assert re.search(f'href="{cases[0]}"><bdi>常住人口基本信息</bdi> <small>', done.text)
    assert (await officer.get(cases[0])).status_code == 200
    again = await officer.send("/file/sheet/confirm", form)
    assert outcomes(again) == ["filed_before", "filed_before", "not_filed"]
    assert re.findall(r'href="(/cases/[^"]+)"', again.text) == cases
    assert outcomes(await looked_at(officer, content)) == ["filed_before", "filed_before", "not_filed"]
    left = await officer.send("/file/sheet/left", await hidden(done, "/file/sheet/left"))
    assert left.headers["content-disposition"].startswith(
        "attachment; filename=\"requests-left.xlsx\"; filename*=UTF-8''%E5%B0%9A"
    )
    lines = lines_of(left.content)
    assert len(lines) == 3
    assert str(lines[2][-1]).startswith("K5 是公式")


async def test_a_day_of_use_that_is_over_is_told_with_its_cell(enter: Enter) -> None:
    page = await looked_at(await enter(Role.REQUESTER, REQUESTER), sheet_of([typed(use_until="2020-01-01")]))
    assert outcomes(page) == ["not_filed"]
    assert "使用期限 2020年1月1日 早于今天" in page.text


async def test_what_is_no_sheet_is_told_and_only_filers_come_here(enter: Enter) -> None:
    officer = await enter(Role.REQUESTER, REQUESTER)
    refused = await looked_at(officer, b"no sheet")
    assert (refused.status_code, "这不是可以读取的 XLSX 表格" in refused.text) == (422, True)
    csrf = await hidden(await officer.get("/file/sheet"), "/file/sheet/preview")
    for path in ("confirm", "left"):
        assert (await officer.send(f"/file/sheet/{path}", {**csrf, "sheet": "!"})).status_code == 422
        assert (await officer.send(f"/file/sheet/{path}", {"sheet": ""})).status_code == 403
    provider = await enter(Role.PROVIDER, PROVIDER)
    assert (await provider.get("/file/sheet")).status_code == 403
    assert (await provider.get("/file/sheet/template")).status_code == 403
