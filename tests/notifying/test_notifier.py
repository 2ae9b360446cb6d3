"""Officers are told of what they chose, once, by mail and in the group of their department: from real cases."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import httpx
import pytest
from sqlalchemy import text

from api.context import AppContext
from domain.calendar import CHINA, day_of
from domain.messages.days import day_text
from domain.words import Role
from tests.api.callers import Bearer, People
from tests.notifying.conftest import ALL, BASE, PARKED, Bell, Officer, subjects, waiting_for
from tests.notifying.mailbox import Mailbox
from tests.webhooks.receiver import WebhookReceiver


async def test_a_limit_is_told_when_it_is_nearly_due_and_when_it_is_over_and_never_twice(
    people: People, bell: Bell, box: Mailbox, officer: Callable[..., Officer]
) -> None:
    wang = officer(Role.PROVIDER, "DUE-1", "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=["due", "breach"])
    assert await bell.ring() == 0
    request_id, due_at = await waiting_for(people, "DUE-1", "人口{0}<b>库")
    assert await bell.ring() == 0
    bell.at = due_at - timedelta(hours=2)
    assert [await bell.ring() for _ in range(3)] == [1, 0, 0]
    assert subjects(box) == [f"【临期】人口{{0}}<b>库（{request_id}）"]
    [message] = box.accepted
    assert message["To"] == "wang@example.gov.cn"
    said = Mailbox.text_of(message)
    assert f"{BASE}/cases/{request_id}" in said
    assert "今日到期" in said
    assert f"{BASE}/desk/notices" in said
    bell.at = due_at + timedelta(minutes=1)
    assert [await bell.ring() for _ in range(2)] == [1, 0]
    assert subjects(box)[1:] == [f"【超期】人口{{0}}<b>库（{request_id}）"]


async def test_what_was_there_before_somebody_chose_is_not_told_and_each_has_its_own(
    people: People, bell: Bell, box: Mailbox, officer: Callable[..., Officer]
) -> None:
    old, due_at = await waiting_for(people, "OLD-1")
    bell.at = due_at + timedelta(minutes=1)
    wang, li = officer(Role.PROVIDER, "OLD-1", "wang"), officer(Role.PROVIDER, "OLD-1", "li")
    for each, name in ((wang, "wang"), (li, "li")):
        await each.has(f"{name}@example.gov.cn")
        await each.choose(mail=["breach", "handed_over"], language="en")
    assert await bell.ring() == 0
    new, _ = await waiting_for(people, "OLD-1", "车辆信息")
    claimed = await people.api.post(f"/v1/worklist/{new}/claim", headers=li.headers)
    assert claimed.status_code == 200
    bell.at += timedelta(minutes=1)
    assert await bell.ring() == 1
    assert [(str(each["To"]), str(each["Subject"])) for each in box.accepted] == [
        ("li@example.gov.cn", f"Overdue: 车辆信息 ({new})")
    ]
    said = {"to": "wang", "reason": "休假", "holder": None}
    handed = await people.api.post(f"/v1/worklist/{old}/hand-over", json=said, headers=li.headers)
    assert handed.status_code == 200, handed.text
    assert [await bell.ring() for _ in range(2)] == [1, 0]
    assert (str(box.accepted[-1]["To"]), subjects(box)[-1]) == ("wang@example.gov.cn", f"Handed over: {old}, by li")


async def test_every_urging_is_told_and_many_things_are_one_message(
    people: People, bell: Bell, box: Mailbox, officer: Callable[..., Officer], bearer: Bearer
) -> None:
    wang = officer(Role.PROVIDER, "RUNG-1", "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=ALL)
    assert await bell.ring() == 0
    ids = [(await waiting_for(people, "RUNG-1"))[0] for _ in range(2)]
    bureau = bearer(Role.BUREAU, "bureau", places=["changshu"])
    for request_id, level in zip(ids, ("yellow", "red"), strict=True):
        body = {"command": "urge", "level": level}
        urged = await people.api.post(f"/v1/requests/{request_id}/commands", json=body, headers=bureau)
        assert urged.status_code == 200, urged.text
    assert [await bell.ring() for _ in range(2)] == [1, 0]
    assert subjects(box) == ["2 条通知"]
    said = Mailbox.text_of(box.accepted[0])
    assert f"【黄牌】人口信息（{ids[0]}）" in said
    assert f"【红牌】人口信息（{ids[1]}）" in said


async def test_a_digest_comes_on_working_days_at_its_time_and_once(
    people: People, bell: Bell, box: Mailbox, officer: Callable[..., Officer]
) -> None:
    wang = officer(Role.PROVIDER, "DAY-1", "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=["digest"])
    request_id, due_at = await waiting_for(people, "DAY-1")
    claimed = await people.api.post(f"/v1/worklist/{request_id}/claim", headers=wang.headers)
    assert claimed.status_code == 200
    days = bell.around(bell.at).days
    ahead = [day_of(bell.at) + timedelta(days=number) for number in range(1, 30)]
    works = next(day for day in ahead if days.is_working_day(day))
    rests = next(day for day in ahead if not days.is_working_day(day))
    bell.at = datetime.combine(rests, time(9), CHINA)
    assert await bell.ring() == 0
    bell.at = datetime.combine(works, time(8, 29), CHINA)
    assert await bell.ring() == 0
    for minutes in (0, 1, 300):
        bell.at = datetime.combine(works, time(8, 30), CHINA) + timedelta(minutes=minutes)
        assert await bell.ring() == (minutes == 0)
    assert subjects(box) == [f"{day_text(works, 'zh')}待办 1 件：临期 0 件，超期 0 件"]
    assert "【我经办】 人口信息 待答复" in Mailbox.text_of(box.accepted[0])
    bell.at = due_at.astimezone(CHINA) - timedelta(days=1) + timedelta(hours=9)
    assert await bell.ring() == 1
    assert "临期 1 件" in subjects(box)[1]


async def test_a_group_is_told_once_however_many_chose_it(
    people: People, bell: Bell, group: WebhookReceiver, officer: Callable[..., Officer]
) -> None:
    for name in ("wang", "li"):
        await officer(Role.PROVIDER, "group-1", name).choose(group=ALL)
    assert await bell.ring() == 0
    await officer(Role.PROVIDER, "group-1", "zhao").choose(group=["breach"])
    request_id, due_at = await waiting_for(people, "GROUP-1")
    bell.at = due_at + timedelta(minutes=1)
    assert [await bell.ring() for _ in range(2)] == [1, 0]
    [got] = group.accepted
    assert f"【超期】人口信息（{request_id}）" in got.event["text"]["content"]
    assert f"{BASE}/cases/{request_id}" in got.event["text"]["content"]


async def test_an_operator_is_told_of_a_cause_once_a_day(
    context: AppContext, bell: Bell, box: Mailbox, officer: Callable[..., Officer]
) -> None:
    zhou = officer(Role.OPERATOR, "operations", "zhou")
    await zhou.has("zhou@example.gov.cn")
    await zhou.choose(mail=["stuck"])
    await bell.ring()
    with context.reader.engine.begin() as connection:
        connection.execute(text(PARKED), [{"id": "queue:one"}, {"id": "queue:two"}])
    assert [await bell.ring() for _ in range(2)] == [1, 0]
    assert "lab_fire，2 件" in str(box.accepted[0]["Subject"]) + Mailbox.text_of(box.accepted[0])
    bell.at += timedelta(days=1)
    assert await bell.ring() == 1
    with context.reader.engine.begin() as connection:
        connection.execute(text("DELETE FROM parked WHERE cause = 'lab_fire'"))


@pytest.mark.usefixtures("bell")
async def test_nobody_subscribes_another(officer: Callable[..., Officer], box: Mailbox) -> None:
    wang = officer(Role.PROVIDER, "ADDR-1", "wang")
    code = await wang.ask("victim@example.gov.cn")
    wrong = [f"{(int(code) + step) % 10**8:08}" for step in range(1, 6)]
    assert [(await wang.confirm(each)).json()["code"] for each in wrong] == ["code_wrong"] * 5
    assert (await wang.confirm(code)).status_code == 422
    other = officer(Role.PROVIDER, "ADDR-1", "li")
    code = await wang.ask("wang@example.gov.cn")
    assert (await other.confirm(code)).status_code == 422
    assert (await wang.confirm(code)).json()["address"] == "wang@example.gov.cn"
    assert (await wang.confirm(code)).status_code == 422
    for _ in range(3):
        await wang.ask("wang@example.gov.cn")
    path, body = "/v1/notifications/address", {"address": "wang@example.gov.cn"}
    assert (await wang.api.post(path, json=body, headers=wang.headers)).status_code == 429
    assert (await wang.api.delete(path, headers=wang.headers)).status_code == 204
    assert (await wang.api.get("/v1/notifications", headers=wang.headers)).json()["address"] is None
    box.rcpt = "550 no such user"
    refused = await other.api.post(path, json={"address": "nobody@example.gov.cn"}, headers=other.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "mail_not_sent")
    bad = await other.api.post(path, json={"address": "a@b.cn\r\nBcc: c@d.cn"}, headers=other.headers)
    assert bad.status_code == 422


async def test_without_a_server_it_is_said(api: httpx.AsyncClient, bearer: Bearer) -> None:
    who = bearer(Role.PROVIDER, "NONE-1", subject="wang")
    found = (await api.get("/v1/notifications", headers=who)).json()
    assert found == {
        **{"mail": [], "group": [], "language": "zh", "address": None, "asked_address": None},
        **{"mail_set_up": False, "group_set_up": False},
    }
    answer = await api.post("/v1/notifications/address", json={"address": "wang@example.gov.cn"}, headers=who)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_mail")
