"""``shareflow calendar impact`` and ``publish``, and what else then knows the edition."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.context import open_context
from api.settings import ApiSettings
from background.publication import put_right
from domain.calendar import Calendar
from domain.engine.records import Actor
from domain.words import ClockState, ProcedureName, Role
from ledger.calendar_store import CalendarStore
from ledger.reader import Reader
from procedures.catalogue_change.rules import CatalogueChange
from starter import case_opening
from starter.errors import RequestRefused
from starter.tokens import new_issuer
from tests.calendar_publish.editions import days_off, edition_off, festivals, written
from tests.calendar_publish.stack import PublishStack, now
from tests.engine.cases import PROVIDER
from tests.engine.looking import until
from tests.procedures.grants import grant


async def test_a_notice_that_leaves_out_a_festival_is_refused_with_its_name_and_changes_nothing(
    stack: PublishStack,
) -> None:
    """The first test here: towards the end of a year the others amend the notice of the next, which this publishes."""
    today, before = now().date(), stack.calendar.editions
    year = today.year + 1
    whole = festivals(year)
    spring = {day: kind for day, kind in whole.items() if day[5:7] in ("01", "02") and not day.endswith("-01-01")}
    national = {day: kind for day, kind in whole.items() if day[5:7] == "10"}
    content = edition_off(stack.calendar, today, [], year=year, amends=None)
    for left, name in ((spring, "春节 (Spring Festival)"), (national, "国庆节 (National Day)")):
        days = {day: kind for day, kind in whole.items() if day not in left}
        file = written({**content, "days": days}, stack.folder)
        for command in (("impact",), ("publish", "--yes")):
            said = await stack.run("calendar", command[0], file, *command[1:], code=2)
            assert f"{name} would have no day off in {year}" in said
            assert (len(said.splitlines()), said.strip()[-1]) == (1, ".")
    assert stack.calendar.editions == before
    report = await stack.json("calendar", "publish", written({**content, "days": whole}, stack.folder), "--yes")
    assert report["complete"]
    # An amendment that takes a festival's days off away is refused too; one that leaves them is not.
    amended = {**content, "id": f"{year}-amended", "amends": content["id"]}
    file = written({**amended, "days": dict.fromkeys(national, "work")}, stack.folder)
    assert "国庆节 (National Day)" in await stack.run("calendar", "publish", file, "--yes", code=2)
    file = written({**amended, "days": {f"{year}-05-05": "off"}}, stack.folder)
    assert (await stack.json("calendar", "publish", file, "--yes"))["complete"]


async def test_impact_tells_what_publish_then_does(stack: PublishStack) -> None:
    moved, untouched = await stack.file("cn-809-2025"), await stack.file("nantong-2020")
    ended = await stack.file("changshu-2019", now() - timedelta(days=60))
    today = now().date()
    off = days_off(stack.calendar, today)
    file = written(edition_off(stack.calendar, today, off), stack.folder)
    heads = {name: stack.events(name)[-1].seq for name in (moved, untouched)}
    impact = await stack.json("calendar", "impact", file, "--clocks")
    assert {name: stack.events(name)[-1].seq for name in heads} == heads
    group = next(g for g in impact["groups"] if (g["statute"], g["code"]) == ("cn-809-2025", PROVIDER))
    assert (group["procedure"], group["name"], group["superseded"]) == ("share_request", "市公安局", 1)
    told = {row["request"]: row for row in impact["clocks"]}
    assert told.keys() & {moved, untouched, ended} == {moved}
    (old,) = stack.client.get(moved).clocks
    days = stack.calendar.as_known_on(today)
    assert told[moved]["what"].startswith("superseded")
    assert told[moved]["due"] == old.due_date.isoformat()
    # Two working days fewer before the last: two more are needed after it.
    assert told[moved]["then"] == days.add_working_days(old.due_date, 2).isoformat()

    report = await stack.json("calendar", "publish", file, "--yes")
    assert (report["complete"], report["expected"], report["superseded"]) == (True, impact["superseded"], 1)
    old, new = stack.client.get(moved).clocks
    assert (old.state, new.due_date.isoformat(), new.supersedes) == (ClockState.SUPERSEDED, told[moved]["then"], 1)
    assert stack.superseded(moved) == {f"calendar:{report['edition']}": 1}
    assert stack.events(untouched)[-1].seq == heads[untouched]
    assert not stack.superseded(ended)
    # Again: nothing is left to do, and nothing is done; that it was published once is one act.
    again = await stack.json("calendar", "publish", file, "--yes")
    assert (again["complete"], again["superseded"]) == (True, 1)
    assert stack.superseded(moved).total() == 1
    acts = [act for act in Reader(stack.engine).all_acts(limit=500)[0] if act.target == f"calendar/{report['edition']}"]
    assert [(act.kind, act.details["expected"]) for act in acts] == [("calendar_publish", impact["superseded"])]


async def test_impact_names_who_must_act_in_any_procedure(stack: PublishStack) -> None:
    today = now().date()
    change = CatalogueChange.model_validate(
        {
            "department": {"code": PROVIDER, "name": "市公安局"},
            "trigger": "law_changed",
            "occurred_on": today,
            "what": "低保条例修订",
        }
    )
    actor = Actor(role=Role.PROVIDER, org=PROVIDER)
    await stack.client.open(ProcedureName.CATALOGUE_CHANGE, "cn-809-2025", change, actor, key="catalogue-change")
    file = written(edition_off(stack.calendar, today, days_off(stack.calendar, today)), stack.folder)
    groups = (await stack.json("calendar", "impact", file))["groups"]
    (group,) = [each for each in groups if each["procedure"] == "catalogue_change"]
    assert (group["code"], group["name"], group["superseded"]) == (PROVIDER, "市公安局", 1)


async def test_what_was_published_is_known_everywhere(stack: PublishStack) -> None:
    today = now().date()
    (off,) = days_off(stack.calendar, today, [12])
    file = written(edition_off(stack.calendar, today, [off]), stack.folder)
    asked = ("--from", (off - timedelta(days=1)).isoformat(), "--working-days", "1")
    assert (await stack.json("calendar", "due", *asked))["due_date"] == off.isoformat()
    report = await stack.json("calendar", "publish", file, "--yes")
    due = await stack.json("calendar", "due", *asked)
    assert due["due_date"] > off.isoformat()
    assert due["known_from"] == "the packaged notices and those published here"
    listed = {each["id"]: each for each in (await stack.json("calendar", "list"))["editions"]}
    assert listed[report["edition"]]["published_here"]["complete"]
    assert listed["2026"]["published_here"] is None
    assert "complete" in await stack.run("calendar", "list")
    issuer = new_issuer()
    async with open_context(stack.client, ApiSettings(), issuer, stack.folder) as context:
        transport = httpx.ASGITransport(create_app(context))
        async with httpx.AsyncClient(transport=transport, base_url="http://shareflow") as api:
            answer = await api.get(
                "/v1/calendar/due",
                params={"from": asked[1], "working_days": 1},
                headers={"Authorization": f"Bearer {issuer.token([Role.AUDITOR], 'audit')}"},
            )
    assert answer.json()["due_date"] == due["due_date"]
    # A case filed after the publication is counted with it from the start: there is nothing to supersede.
    later = await stack.file("cn-809-2025")
    assert (await stack.json("calendar", "impact", file))["superseded"] == 0
    assert not stack.superseded(later)
    await stack.run("request", "show", later)


async def test_no_grant_however_long_keeps_it_from_completing(
    stack: PublishStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one until the furthest day that doors take, nor one for ever that an older version has let in."""
    provider = Actor(role=Role.PROVIDER, org=PROVIDER)
    with pytest.raises(RequestRefused, match="day_out_of_range"):
        await stack.client.open(ProcedureName.ACCESS_GRANT, "nantong-2020", grant(use_until="2099-12-31"), provider)
    for last in ("2090-12-31", "9999-12-31"):
        with monkeypatch.context() as earlier:
            earlier.setattr(case_opening, "refuse_days_out_of_range", lambda _: None)
            filed = await stack.client.open(ProcedureName.ACCESS_GRANT, "nantong-2020", grant(use_until=last), provider)
        case = await asyncio.to_thread(stack.client.get, filed.case.request_id)
        assert case.clocks[0].due_date.isoformat() == last
    moved = await stack.file("cn-809-2025")
    today = now().date()
    file = written(edition_off(stack.calendar, today, days_off(stack.calendar, today, [6])), stack.folder)
    assert (await stack.json("calendar", "impact", file, "--clocks"))["superseded"] >= 1
    report = await stack.json("calendar", "publish", file, "--yes")
    assert (report["complete"], report["left"]) == (True, [])
    assert stack.superseded(moved) == {f"calendar:{report['edition']}": 1}


async def test_it_asks_before_anything_is_stored(stack: PublishStack) -> None:
    today = now().date()
    file = written(edition_off(stack.calendar, today, days_off(stack.calendar, today, [20])), stack.folder)
    before = stack.calendar.editions
    said = await stack.run("calendar", "publish", file, code=2)
    assert (
        said == "Publish edition … nothing" or "Nothing was published: nobody answered; in a script give --yes." in said
    )
    assert "--json needs --yes" in await stack.run("calendar", "publish", file, "--json", code=2)
    assert stack.calendar.editions == before


def _notice(stack: PublishStack, **changes: Any) -> dict[str, Any]:
    today = now().date()
    return edition_off(stack.calendar, today, days_off(stack.calendar, today, [30]), **changes)


OWN_2026 = {"year": 2026, "amends": None, "published": "2025-12-02", "days": {"2026-12-31": "off"}}
LATE_2019 = {"year": 2019, "amends": "2019", "published": "2019-01-02", "days": {"2019-12-31": "off"}}


@pytest.mark.parametrize("command", [("impact",), ("publish", "--yes")], ids=["impact", "publish"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"published": "tomorrow"}, "is still to come"),
        ({"amends": "1999"}, "no edition 1999 was published before it"),
        ({"id": "2026", **OWN_2026}, "same id"),
        ({"id": "x", **OWN_2026, "published": "2026-01-02"}, "2026 already has its notice"),
        ({**LATE_2019}, "which is the newest known of 2019"),
        ({**OWN_2026, "days": {"2024-12-31": "off"}}, "a notice for 2026 states days from"),
        ({"days": "both"}, "the key is given twice"),
        ({"days": "weekday"}, "is a working day anyway"),
        ({"days": {}}, "an object of at least one date"),
        ({"holidays": 1}, "holidays: this key is not known"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_used_is_one_sentence_and_changes_nothing(
    stack: PublishStack, command: tuple[str, ...], changes: dict[str, Any], reason: str
) -> None:
    before = stack.calendar.editions
    today = now().date()
    content = _notice(stack, **changes)
    if changes.get("published") == "tomorrow":
        content["published"] = (today + timedelta(days=1)).isoformat()
    text = json.dumps(content)
    (day,) = days_off(stack.calendar, today, [30])
    if changes.get("days") == "weekday":
        text = json.dumps({**content, "days": {day.isoformat(): "work"}})
    elif changes.get("days") == "both":
        text = text.replace('"both"', f'{{"{day}": "off", "{day}": "work"}}')
    file = stack.folder / "bad.json"
    file.write_text(text, encoding="utf-8")
    name, *options = command
    said = await stack.run("calendar", name, file, *options, code=2)
    assert reason in said
    assert (len(said.splitlines()), said.strip()[-1]) == (1, ".")
    assert stack.calendar.editions == before


async def test_no_file_no_engine_and_no_ledger(stack: PublishStack) -> None:
    assert "cannot be read" in await stack.run("calendar", "impact", stack.folder / "none.json", code=2)
    assert Calendar.packaged().editions[-1].id in await stack.run("calendar", "list")


async def test_a_limit_that_a_notice_moves_into_the_past_is_overdue_from_then_on(stack: PublishStack) -> None:
    """Weekends that were worked, as an amendment says afterwards, end an answer's ten days before today."""
    today, days = now().date(), stack.calendar.as_known_on(now().date())
    start = today
    while days.add_working_days(start, 10) >= today:
        start -= timedelta(days=1)
    start += timedelta(days=1)
    between = [start + timedelta(days=n) for n in range(1, (today - start).days)]
    worked = [day for day in between if day.weekday() >= 5 and not days.is_working_day(day)]
    request_id = await stack.file("cn-809-2025", now() - timedelta(days=(today - start).days))
    content = edition_off(stack.calendar, today, [today], days={day.isoformat(): "work" for day in worked})
    file = written(content, stack.folder)
    (row,) = [
        row
        for row in (await stack.json("calendar", "impact", file, "--clocks"))["clocks"]
        if row["request"] == request_id
    ]
    assert (row["then"] < today.isoformat(), "newly_overdue" in row["what"]) == (True, True)
    await stack.json("calendar", "publish", file, "--yes")

    async def breached() -> bool:
        return stack.client.get(request_id).clocks[-1].state is ClockState.BREACHED

    await until(breached)
    old, new = stack.client.get(request_id).clocks
    assert (old.state, new.due_date.isoformat()) == (ClockState.SUPERSEDED, row["then"])
    instants = [event.at for event in stack.events(request_id)]
    assert instants == sorted(instants)


async def test_a_filing_that_was_on_its_way_is_put_right(stack: PublishStack) -> None:
    """Received before the day of a notice and recorded after it: counted by what was known, then told of the notice."""
    today = now().date()
    file = written(edition_off(stack.calendar, today, days_off(stack.calendar, today, [3])), stack.folder)
    await stack.json("calendar", "publish", file, "--yes")
    request_id = await stack.file("cn-809-2025", now() - timedelta(days=1))
    (late,) = stack.client.get(request_id).clocks
    here = CalendarStore(stack.engine)
    progress = await put_right(stack.client.temporal, stack.engine, here, timedelta(minutes=1))
    assert (progress.finished, progress.left) == (True, {})
    old, new = stack.client.get(request_id).clocks
    assert (old.number, old.state) == (late.number, ClockState.SUPERSEDED)
    assert new.due_date > old.due_date
    assert stack.superseded(request_id) == {f"calendar:{stack.calendar.editions[-1].id}": 1}
