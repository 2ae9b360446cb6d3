"""/desk/notices: what somebody chooses to be told of, by forms alone; the sending itself is in tests/notifying."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import text

from api.app import create_app
from api.context import AppContext
from background.notifying.robots import Robot, RobotKind
from console.app import add_console
from domain.words import Role
from tests.console.conftest import Enter, Person
from tests.notifying.mailbox import Mailbox, open_mailbox


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


@pytest.fixture(scope="module")
async def told_door(context: AppContext, box: Mailbox) -> AsyncIterator[httpx.AsyncClient]:
    """The console of an installation that has a server for mail, and a robot in the group of one department."""
    robots = {"NOTED-1": Robot("NOTED-1", RobotKind.WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x")}
    app = create_app(context)
    settings = replace(context.settings, mail=box.server(), robots=robots)
    add_console(app, replace(context, settings=settings), demonstration=True)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", timeout=60) as client:
        yield client
    with context.reader.engine.begin() as connection:
        connection.execute(text("DELETE FROM console_notified"))


async def signed_in(door: httpx.AsyncClient, role: Role, org: str) -> Person:
    answer = await door.post("/sign-in", data={"role": role.value, "org": org})
    cookie = answer.headers["set-cookie"]
    door.cookies.clear()
    return Person(door, cookie.partition("=")[2].partition(";")[0])


async def csrf_of(person: Person) -> dict[str, str]:
    page = await person.get("/desk/notices")
    assert page.status_code == 200, page.text
    return {"csrf_token": page.text.partition('name="csrf_token" value="')[2].partition('"')[0]}


async def test_somebody_chooses_and_proves_an_address_by_forms(told_door: httpx.AsyncClient, box: Mailbox) -> None:
    officer = await signed_in(told_door, Role.PROVIDER, "NOTED-1")
    csrf = await csrf_of(officer)
    chosen = await officer.send(
        "/desk/notices", {**csrf, "mail": ["due", "digest"], "group": ["breach"], "language": "en"}
    )
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/desk/notices")
    page = (await officer.get("/desk/notices")).text
    assert set(re.findall(r'name="(\w+)" value="(\w+)" aria-label="[^"]*" checked', page)) == {
        ("mail", "due"),
        ("mail", "digest"),
        ("group", "breach"),
    }
    assert 'value="stuck"' not in page
    wrong = await officer.send("/desk/notices/address", {**csrf, "address": "not an address"})
    assert (wrong.status_code, 'value="not an address"' in wrong.text) == (422, True)
    asked = await officer.send("/desk/notices/address", {**csrf, "address": "wang@example.gov.cn"})
    assert asked.status_code == 303, asked.text
    found = re.search(r"\b[0-9]{8}\b", Mailbox.text_of(box.accepted[-1]))
    assert found
    refused = await officer.send("/desk/notices/code", {**csrf, "code": "1"})
    assert (refused.status_code, "确认码不对" in refused.text) == (422, True)
    assert (await officer.send("/desk/notices/code", {**csrf, "code": found[0]})).status_code == 303
    assert "<strong><bdi>wang@example.gov.cn</bdi></strong>" in (await officer.get("/desk/notices")).text
    assert (await officer.send("/desk/notices/forget", csrf)).status_code == 303
    assert "wang@example.gov.cn" not in (await officer.get("/desk/notices")).text


async def test_what_is_no_kind_is_refused_and_a_form_of_elsewhere_too(told_door: httpx.AsyncClient) -> None:
    officer = await signed_in(told_door, Role.PROVIDER, "NOTED-2")
    csrf = await csrf_of(officer)
    assert (await officer.send("/desk/notices", {**csrf, "mail": "everything"})).status_code == 422
    assert (await officer.send("/desk/notices", {"csrf_token": "x", "mail": "due"})).status_code == 403
    assert "尚未设置群机器人" in (await officer.get("/desk/notices")).text


async def test_operators_see_what_was_lost_and_nobody_else(enter: Enter, context: AppContext) -> None:
    with context.reader.engine.begin() as connection:
        put = """INSERT INTO console_notifications
            (occasion, recipient, channel, kind, language, title, body, state, error, due_at)
            VALUES ('x', 'wang', 'mail', 'due', 'zh', '<b>【临期】</b>', '', 'unknown', 'gone', now())"""
        connection.execute(text(put))
    operator, officer = await enter(Role.OPERATOR), await enter(Role.PROVIDER, "NOTED-3")
    page = (await operator.get("/desk/notices/undelivered")).text
    assert all(said in page for said in ("&lt;b&gt;【临期】&lt;/b&gt;", "不确定", "gone"))
    assert 'value="stuck"' in (await operator.get("/desk/notices")).text
    assert "本系统尚未设置邮件服务器" in (await operator.get("/desk/notices")).text
    assert (await officer.get("/desk/notices/undelivered")).status_code == 403
    with context.reader.engine.begin() as connection:
        connection.execute(text("DELETE FROM console_notifications WHERE occasion = 'x'"))
