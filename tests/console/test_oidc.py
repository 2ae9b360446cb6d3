"""Signing in at an OIDC issuer: there, back, into a session, and out again; and everything that proves nobody."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from api.app import create_app
from api.context import AppContext
from api.settings import ApiSettings, api_settings
from configuration.errors import StartupError
from configuration.settings import Settings
from console.app import add_console
from console.door import COOKIE
from console.oidc import issuer_sign_in
from domain.messages import label
from domain.words import Role
from tests.console.provider import CLIENT, SECRET, Provider, provider

HOME: Final = "https://share.example.gov.cn"
PERSON: Final = {"sub": "li-si", "org": "ORG-7", "roles": ["bureau", "unheard-of"], "jurisdiction": ["nantong"]}


class Browser:
    """A browser that follows where it is led, one step at a time."""

    def __init__(self, console: httpx.AsyncClient, issuer: Provider) -> None:
        self.console, self.issuer = console, issuer

    async def sent_back(self) -> str:
        """Begin here, sign in there; the address to which the issuer leads back."""
        begun = await self.console.get("/sign-in/begin")
        assert begun.status_code == 303, begun.text
        async with httpx.AsyncClient(timeout=60) as outside:
            answer = await outside.get(begun.headers["location"])
        return str(answer.headers["location"])

    async def refused(self, address: str) -> None:
        """Come back there: one sentence, and no session."""
        answer = await self.console.get(address)
        assert (answer.status_code, f"{COOKIE}=" in answer.headers.get("set-cookie", "")) == (403, False), answer.text
        assert label("console", "sign_in_refused", "zh") in answer.text
        assert (await self.console.get("/desk")).headers["location"] == "/sign-in"

    async def sign_out(self) -> httpx.Response:
        """Press the button."""
        token = (await self.console.get("/desk")).text.partition('name="csrf_token" value="')[2].partition('"')[0]
        return await self.console.post("/sign-out", data={"csrf_token": token})


@pytest.fixture(scope="session")
async def running() -> AsyncIterator[Provider]:
    async with provider() as made:
        yield made


@pytest.fixture
def there(running: Provider) -> Iterator[Provider]:
    """The provider, where one person signs in; what a test changes of it is put back."""
    running.person, own = dict(PERSON), running.signs_with
    yield running
    running.changed, running.signs_with, running.ends_sessions = {}, own, True


@asynccontextmanager
async def console_at(context: AppContext, issuer: str, secret: Path | None) -> AsyncIterator[httpx.AsyncClient]:
    """The console of an operator whose people sign in at an issuer."""
    settings = ApiSettings(
        issuer=issuer, audience="shareflow", client_id=CLIENT, client_secret=secret, public_url=f"{HOME}/"
    )
    async with issuer_sign_in(settings) as way_in:
        app = create_app(context)
        add_console(app, context, False, way_in)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=HOME, timeout=30) as client:
            yield client


@pytest.fixture(scope="session")
async def console(
    context: AppContext, running: Provider, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    secret = tmp_path_factory.mktemp("oidc") / "secret"
    secret.write_text(f"{SECRET}\n", encoding="utf-8")
    async with console_at(context, running.address, secret) as made:
        yield made


@pytest.fixture
def browser(console: httpx.AsyncClient, there: Provider) -> Iterator[Browser]:
    yield Browser(console, there)
    console.cookies.clear()


async def test_somebody_signs_in_at_the_issuer_and_out_again(browser: Browser) -> None:
    assert 'href="/sign-in/begin"' in (await browser.console.get("/sign-in")).text
    back = await browser.sent_back()
    asked = browser.issuer.asked[-1]
    assert (asked["redirect_uri"], asked["client_id"]) == (f"{HOME}/sign-in/return", CLIENT)
    assert (asked["response_type"], asked["scope"]) == ("code", "openid profile")
    assert all(asked[name] for name in ("state", "nonce", "code_challenge"))
    entered = await browser.console.get(back)
    assert (entered.status_code, entered.headers["location"]) == (303, "/desk")
    desk = await browser.console.get("/desk")
    assert desk.status_code == 200
    assert "ORG-7" in desk.text
    assert label("role", Role.BUREAU, "zh") in desk.text
    left = await browser.sign_out()
    way_out = urlsplit(left.headers["refresh"].partition("url=")[2])
    assert f"{way_out.scheme}://{way_out.netloc}{way_out.path}" == f"{browser.issuer.address}/end"
    said = parse_qs(way_out.query)
    assert (said["post_logout_redirect_uri"], said["client_id"]) == ([f"{HOME}/sign-in"], [CLIENT])
    assert f'href="{browser.issuer.address}/end?' in left.text
    assert (await browser.console.get("/desk")).headers["location"] == "/sign-in"


async def test_colleagues_are_known_by_the_names_that_the_issuer_tells(browser: Browser) -> None:
    for person, name in (("li-si", "李四"), ("wang-wu", " \u200b")):
        browser.issuer.person = {**PERSON, "org": "ORG-8", "sub": person, "name": name}
        assert (await browser.console.get(await browser.sent_back())).headers["location"] == "/desk"
    page = (await browser.console.get("/desk/substitutes")).text
    chosen = page.partition('<select id="substitute"')[2].partition("</select>")[0]
    for said in ('<option value="li-si">李四（li-si）</option>', '<option value="wang-wu">wang-wu</option>'):
        assert said in chosen


async def test_where_the_issuer_ends_no_sessions_one_is_signed_out_here(
    context: AppContext, there: Provider, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET, encoding="utf-8")
    there.ends_sessions = False
    async with console_at(context, there.address, secret) as console:
        browser = Browser(console, there)
        await console.get(await browser.sent_back())
        assert (await browser.sign_out()).headers["location"] == "/sign-in"


async def test_a_state_that_this_browser_did_not_begin_proves_nobody(browser: Browser) -> None:
    back = await browser.sent_back()
    browser.console.cookies.clear()
    await browser.refused(back)
    other = await browser.sent_back()
    await browser.refused(other.replace("state=", "state=x"))
    await browser.refused(f"{HOME}/sign-in/return")
    await browser.sent_back()
    await browser.refused(f"{HOME}/sign-in/return?error=access_denied&state=s")


async def test_a_code_works_once(browser: Browser) -> None:
    begun = await browser.sent_back()
    kept = dict(browser.console.cookies)
    assert (await browser.console.get(begun)).headers["location"] == "/desk"
    browser.console.cookies.clear()
    await browser.refused(begun)
    browser.console.cookies.update(kept)
    await browser.refused(begun)


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another-client"},
        {"aud": "shareflow"},
        {"iss": "https://elsewhere.example"},
        {"nonce": "another"},
        {"exp": 1},
        {"sub": ""},
        {"roles": ["unheard-of"]},
        {"roles": None},
        {"nonce_supported": False, "nonce": "another"},
    ],
    ids=str,
)
async def test_a_token_that_proves_nothing_begins_no_session(browser: Browser, changed: dict[str, object]) -> None:
    browser.issuer.changed = changed
    await browser.refused(await browser.sent_back())


async def test_a_token_signed_by_somebody_else_begins_no_session(browser: Browser) -> None:
    browser.issuer.signs_with = ec.generate_private_key(ec.SECP256R1())
    await browser.refused(await browser.sent_back())


async def test_another_issuer_does_not_answer_for_this_one(browser: Browser) -> None:
    back = await browser.sent_back()
    await browser.refused(back.partition("&iss=")[0] + "&iss=https%3A%2F%2Felsewhere.example")


async def test_a_secret_that_the_issuer_does_not_know_begins_no_session(context: AppContext, there: Provider) -> None:
    async with console_at(context, there.address, None) as console:
        browser = Browser(console, there)
        await browser.refused(await browser.sent_back())


async def test_an_issuer_that_is_away_is_told_in_one_sentence(context: AppContext) -> None:
    async with console_at(context, "http://127.0.0.1:9", None) as console:
        answer = await console.get("/sign-in/begin")
    assert answer.status_code == 503
    assert label("problem", "unavailable", "zh") in answer.text


async def test_a_client_needs_an_issuer_and_a_way_back_and_a_secret_that_can_be_read(tmp_path: Path) -> None:
    alone = {"SHAREFLOW_OIDC_CLIENT_ID": CLIENT}
    whole = {"SHAREFLOW_OIDC_ISSUER": "https://issuer.example", "SHAREFLOW_OIDC_AUDIENCE": "shareflow", **alone}
    for said in (alone, whole):
        with pytest.raises(StartupError, match="SHAREFLOW_PUBLIC_URL"):
            api_settings(Settings(said))
    empty = tmp_path / "empty"
    empty.write_text("\n", encoding="utf-8")
    for file, why in ((tmp_path / "none", "cannot be read"), (empty, "is empty")):
        said = {**whole, "SHAREFLOW_PUBLIC_URL": HOME, "SHAREFLOW_OIDC_CLIENT_SECRET_FILE": str(file)}
        with pytest.raises(StartupError, match=why):
            async with issuer_sign_in(api_settings(Settings(said))):
                pass
