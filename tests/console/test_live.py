"""What open tabs are told over HTTP: that something changed, only of what they may see, only while they may."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import text

from api.app import create_app
from api.context import AppContext
from api.serving import serving
from console.app import add_console
from console.door import COOKIE
from console.streams import MOST
from domain.codes import code_key
from domain.words import Role
from ledger.queries.notes import NewNote
from tests.api.callers import Bearer, People
from tests.console.conftest import THE_SCRIPT, Enter, Person
from tests.engine.cases import PROVIDER

SOON = 60.0
"""What comes does so in an instant, on a machine that is busy a little later."""
NOBODYS = "113206000140000633"
"""A department that has a part in no case of any test: limits of those end while others look on."""


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


@pytest.fixture(scope="module")
async def port(context: AppContext) -> AsyncIterator[httpx.AsyncClient]:
    """A real port: what answers within this process is only had whole."""
    app = create_app(context)
    add_console(app, context, demonstration=True)
    async with serving(app, "127.0.0.1", 0) as address, httpx.AsyncClient(base_url=address, timeout=60) as client:
        yield client


class Tab:
    """What a tab hears."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.headers = answer.headers
        self._lines = answer.aiter_lines()

    async def hears(self, word: str, within: float = SOON) -> bool:
        """Whether a line with this word comes in time."""
        try:
            async with asyncio.timeout(within):
                async for line in self._lines:
                    if word in line:
                        return True
        except TimeoutError:
            pass
        return False

    async def ends(self, within: float = SOON) -> bool:
        """Whether the stream ends in time."""
        try:
            async with asyncio.timeout(within):
                async for _ in self._lines:
                    pass
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def tab(port: httpx.AsyncClient, person: Person, query: str = "") -> AsyncIterator[Tab]:
    async with port.stream("GET", f"/live{query}", headers=person.headers) as answer:
        opened = Tab(answer)
        if opened.status == httpx.codes.OK:
            assert await opened.hears("retry")
        yield opened


async def test_a_tab_is_told_of_its_case_and_of_no_other(port: httpx.AsyncClient, enter: Enter, people: People) -> None:
    provider, mine, other = await enter(Role.PROVIDER, PROVIDER), await people.file(), await people.file()
    async with tab(port, provider, f"?case={mine}&head=99999") as opened:
        assert opened.headers["content-type"].startswith("text/event-stream")
        await people.give("bureau", other, "accept")
        assert not await opened.hears("changed", within=1.5)
    async with tab(port, provider, f"?case={mine}&head=99999") as opened:
        await people.give("bureau", mine, "accept")
        assert await opened.hears("changed")


async def test_what_happened_before_the_tab_listened_is_told(
    port: httpx.AsyncClient, enter: Enter, people: People
) -> None:
    provider, case = await enter(Role.PROVIDER, PROVIDER), await people.file()
    async with tab(port, provider, f"?case={case}&head=1") as opened:
        assert await opened.hears("changed")


async def test_nobody_is_told_of_what_is_not_theirs_to_see(
    port: httpx.AsyncClient, enter: Enter, people: People
) -> None:
    stranger, provider = await enter(Role.PROVIDER, NOBODYS), await enter(Role.PROVIDER, PROVIDER)
    case = await people.file()
    async with tab(port, stranger, f"?case={case}&head=0") as opened:
        assert opened.status == 404
    async with tab(port, stranger) as theirs, tab(port, provider) as ours:
        await people.give("bureau", case, "accept")
        assert await ours.hears("changed")
        assert not await theirs.hears("changed", within=1.5)
    async with tab(port, provider, f"?case={case}&head=x") as opened:
        assert opened.status == 400
    assert "ended" in (await port.get("/live")).text


async def test_signing_out_ends_the_tabs_of_the_session_alone(port: httpx.AsyncClient, enter: Enter) -> None:
    leaves, stays = await enter(Role.BUREAU, "bureau"), await enter(Role.BUREAU, "bureau")
    async with tab(port, leaves) as one, tab(port, stays) as other:
        page = (await port.get("/desk", headers=leaves.headers)).text
        csrf = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        assert (await port.post("/sign-out", data={"csrf_token": csrf}, headers=leaves.headers)).status_code == 303
        assert await one.hears("ended")
        assert await one.ends()
        assert not await other.ends(within=0.5)
    assert "ended" in (await port.get("/live", headers=leaves.headers)).text


async def test_a_session_that_ends_elsewhere_ends_its_tabs(
    port: httpx.AsyncClient, enter: Enter, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.streams.LOOK_SECONDS", 0.2)
    person = await enter(Role.BUREAU, "bureau")
    async with tab(port, person) as opened:
        context.writer.revoke_session(session_in(person))
        assert await opened.hears("ended")
        assert await opened.ends()


async def test_claims_and_notes_are_told_to_those_who_see_them(
    port: httpx.AsyncClient, enter: Enter, people: People, context: AppContext
) -> None:
    case, provider = await people.file(), await enter(Role.PROVIDER, PROVIDER)
    bureau, stranger = await enter(Role.BUREAU, "bureau"), await enter(Role.PROVIDER, NOBODYS)
    where = f"?case={case}&head=99999"
    async with tab(port, bureau, where) as of_case, tab(port, bureau) as of_desk, tab(port, stranger) as theirs:
        context.writer.claim(case, code_key("bureau"), "zhang-san")
        assert await of_case.hears("changed")
        assert await of_desk.hears("changed")
        assert not await theirs.hears("changed", within=0.1)
    async with tab(port, bureau, where) as ours, tab(port, provider, where) as other_side:
        note = NewNote(case, "bureau", None, "zhang-san", "bureau@nantong", "内部备注", f"live-{case}")
        context.writer.add_note(note)
        assert await ours.hears("changed")
        assert not await other_side.hears("changed", within=2.5)


async def test_a_batch_that_is_not_there_or_not_theirs_is_told_to_nobody(port: httpx.AsyncClient, enter: Enter) -> None:
    for role, status in ((Role.OPERATOR, 404), (Role.BUREAU, 403)):
        async with tab(port, await enter(role, "bureau"), "?batch=none") as opened:
            assert opened.status == status


def session_in(person: Person) -> str:
    """The digest under which the session of somebody stands."""
    return hashlib.sha256(person.headers["Cookie"].removeprefix(f"{COOKIE}=").encode()).hexdigest()


async def test_a_session_has_so_many_streams_and_no_more(port: httpx.AsyncClient, enter: Enter) -> None:
    person, other = await enter(Role.BUREAU, "bureau"), await enter(Role.BUREAU, "bureau")
    async with tab(port, person), tab(port, person), tab(port, person), tab(port, person):
        assert MOST == 4
        async with tab(port, person) as fifth, tab(port, other) as first:
            assert (fifth.status, first.status) == (204, 200)


async def test_a_page_that_asks_by_itself_keeps_no_session_alive(enter: Enter, context: AppContext) -> None:
    person = await enter(Role.BUREAU, "bureau")
    session, engine = {"digest": session_in(person)}, context.writer.engine
    with engine.begin() as connection:
        connection.execute(text(AN_HOUR_AGO), session)

    def seen() -> object:
        with engine.connect() as connection:
            return connection.execute(text(SEEN), session).scalar()

    before = seen()
    await person.get("/desk", **{"Shareflow-Live": "1"})
    assert seen() == before
    await person.get("/desk")
    assert seen() != before


AN_HOUR_AGO = "UPDATE console_sessions SET seen_at = seen_at - interval '1 hour' WHERE digest = decode(:digest, 'hex')"
SEEN = "SELECT seen_at FROM console_sessions WHERE digest = decode(:digest, 'hex')"


async def test_the_script_and_the_way_to_the_stream_are_on_pages_that_can_change(
    enter: Enter, people: People, door: httpx.AsyncClient
) -> None:
    bureau, case = await enter(Role.BUREAU, "bureau"), await people.file()
    shown = await bureau.get(f"/cases/{case}")
    assert f'data-live="/live?case={case}&amp;head=' in shown.text
    assert shown.text.count("<script") == shown.text.count(THE_SCRIPT) == 1
    script = await door.get("/console.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert 'data-live="/live"' in (await bureau.get("/desk")).text
    # What came of a form cannot be asked for again: it is not replaced under whoever reads it.
    refused = await bureau.give(case, "decline", reason=" ")
    assert (refused.status_code, "data-live" in refused.text) == (422, False)
