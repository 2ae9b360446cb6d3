"""/desk.ics: the deadlines of somebody, for whoever has the address; and how iCalendar is written."""

import html
import re
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.context import AppContext
from console.icalendar import LONGEST, AllDay, calendar, escaped, fold
from domain.messages import label
from domain.words import Role
from tests.api.callers import Bearer, People
from tests.console.conftest import Enter, Person
from tests.engine.cases import PROVIDER, REQUESTER


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


def unfolded(text: str) -> list[str]:
    """The lines of a calendar as a program reads them."""
    assert text.endswith("\r\n")
    lines = text[:-2].split("\r\n")
    assert all(len(line.encode()) <= LONGEST for line in lines)
    return "\r\n".join(lines).replace("\r\n ", "").split("\r\n")


async def token_of(person: Person) -> dict[str, str]:
    text = (await person.get("/desk/feed")).text
    return {"csrf_token": text.partition('name="csrf_token" value="')[2].partition('"')[0]}


async def address(person: Person) -> str:
    """Begin a feed; the path of its address, which no reload shows again."""
    page = await person.send("/desk/feed", await token_of(person))
    assert page.request.method == "GET"
    found = re.search(r'value="http://127\.0\.0\.1:8080(/desk\.ics\?token=[^"]+)"', page.text)
    assert found, page.text
    reloaded = await person.get(page.request.url.raw_path.decode())
    assert (reloaded.status_code, "desk.ics?token" in reloaded.text) == (200, False)
    return html.unescape(found[1])


async def test_a_feed_has_what_its_owner_does_and_ends_when_it_is_revoked(
    people: People, enter: Enter, door: httpx.AsyncClient, bearer: Bearer
) -> None:
    name = "人口;库,\\基本\n信息"
    mine = await people.file("changshu-2019", resource={"code": "X", "name": name, "sharing_class": "conditional"})
    other = await people.file("changshu-2019")
    officer = await enter(Role.PROVIDER, PROVIDER)
    as_officer = bearer(Role.PROVIDER, PROVIDER, subject=f"provider@{PROVIDER}")
    assert (await people.api.post(f"/v1/worklist/{mine}/claim", headers=as_officer)).status_code == 200
    path = await address(officer)
    feed = await door.get(path)
    assert (feed.status_code, feed.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    lines = unfolded(feed.text)
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    begins = lines.index(f"UID:{mine}-1@shareflow") - 1
    entry = dict(line.split(":", 1) for line in lines[begins + 1 : lines.index("END:VEVENT", begins)])
    due = (await people.get("provider", f"/v1/requests/{mine}")).json()["clocks"][0]["due_date"]
    assert entry["DTSTART;VALUE=DATE"] == due.replace("-", "")
    assert entry["SUMMARY"].endswith(f"人口\\;库\\,\\\\基本\\n信息 ({mine})")
    assert not any(other in line for line in lines)
    # Shown once, and a reload makes no other; a second one ends the first; revoked, there is none.
    assert path.partition("token=")[2] not in (await officer.get("/desk/feed")).text
    again = await address(officer)
    assert [(await door.get(each)).status_code for each in (path, again)] == [404, 200]
    assert (await officer.send("/desk/feed/revoke", {})).status_code == 403
    assert (await officer.send("/desk/feed/revoke", await token_of(officer))).status_code == 303
    gone = [(await door.get(each)).status_code for each in (path, again, "/desk.ics?token=", "/desk.ics?token=x")]
    assert gone == [404] * 4
    assert (await door.get("/desk.ics")).headers["location"] == "/desk/feed"
    assert label("console", "feed_none", "zh") in (await officer.get("/desk/feed")).text


async def test_a_feed_follows_what_its_owner_may_see(
    people: People, context: AppContext, enter: Enter, door: httpx.AsyncClient, bearer: Bearer
) -> None:
    mine = await people.file("changshu-2019")
    officer = await enter(Role.PROVIDER, PROVIDER)
    as_officer = bearer(Role.PROVIDER, PROVIDER, subject=f"provider@{PROVIDER}")
    await people.api.post(f"/v1/worklist/{mine}/claim", headers=as_officer)
    path = await address(officer)
    assert mine in (await door.get(path)).text.replace("\r\n ", "")
    # The same person, who has changed to another role there, signs in.
    changed = {"subject": f"provider@{PROVIDER}", "org": REQUESTER, "roles": ["provider"], "places": []}
    context.writer.open_session("ab" * 32, changed, timedelta(hours=1))
    assert mine not in (await door.get(path)).text.replace("\r\n ", "")
    assert (await door.get(path)).status_code == 200


async def test_whoever_decides_nothing_has_no_feed(enter: Enter) -> None:
    auditor = await enter(Role.AUDITOR)
    assert (await auditor.get("/desk/feed")).status_code == 403


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_is_escaped_and_folded_so_that_it_reads_back(said: str) -> None:
    entry = AllDay("u", date(2026, 3, 5), said, said, "https://x/")
    lines = unfolded(calendar("n", [entry], datetime(2026, 3, 1, tzinfo=UTC)))
    [summary] = [line.removeprefix("SUMMARY:") for line in lines if line.startswith("SUMMARY:")]
    assert "\n" not in summary
    back = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], summary)
    plain = said.replace("\r\n", "\n").replace("\r", "\n")
    assert back == re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", plain)
    assert {"DTSTART;VALUE=DATE:20260305", "DTEND;VALUE=DATE:20260306"} <= set(lines)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=60))
def test_a_line_is_folded_between_characters(line: str) -> None:
    folded = fold(line)
    assert folded.replace("\r\n ", "") == line
    assert all(len(piece.encode()) <= LONGEST for piece in folded.split("\r\n"))
    assert escaped(line).count("\n") == 0
