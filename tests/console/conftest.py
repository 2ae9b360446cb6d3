"""The console as people meet it: over HTTP, with the cookie that a browser would keep."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import httpx
import pytest

from api.app import create_app
from api.context import AppContext
from console.app import add_console
from console.door import COOKIE
from console.kept import KEPT
from domain.words import Role

THE_SCRIPT = '<script type="module" src="/console.js"></script>'
"""The one that pages have; without it they work."""
Enter = Callable[..., Awaitable["Person"]]


class Person:
    """Somebody at a browser: keeps the cookie and sends back what a form carries."""

    def __init__(self, door: httpx.AsyncClient, cookie: str) -> None:
        self._door = door
        self.headers = {"Cookie": f"{COOKIE}={cookie}"}

    async def _shown(self, answer: httpx.Response) -> httpx.Response:
        """What a browser shows after a form: the page on which its answer is kept, where it leads to one."""
        kept = answer.status_code == 303 and f"{KEPT}=" in answer.headers["location"]
        return await self.get(answer.headers["location"]) if kept else answer

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self._door.get(path, headers={**self.headers, **headers})

    async def send(self, path: str, form: Mapping[str, str | list[str]], **headers: str) -> httpx.Response:
        return await self._shown(await self._door.post(path, data=form, headers={**self.headers, **headers}))

    async def bring(self, path: str, form: dict[str, str], **files: bytes) -> httpx.Response:
        """Send a form with files."""
        named = {name: (f"{name}.json", content) for name, content in files.items()}
        return await self._shown(await self._door.post(path, data=form, files=named, headers=self.headers))

    async def choose(self, path: str, form: Mapping[str, str], *files: tuple[str, str, bytes]) -> httpx.Response:
        """Send a form with files: of each its field, its name and what is in it."""
        chosen = [(field, (name, content)) for field, name, content in files]
        return await self._shown(await self._door.post(path, data=form, files=chosen, headers=self.headers))

    async def form(self, request_id: str, command: str) -> dict[str, str]:
        """What the hidden fields of a command's form hold."""
        text = (await self.get(f"/cases/{request_id}")).text
        forms = [form for form in text.split("<form") if f'data-command="{command}"' in form]
        assert len(forms) == 1, f"{command} is offered {len(forms)} times"
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', forms[0])
        return {name: value.replace("&#34;", '"') for name, value in hidden}

    async def give(self, request_id: str, command: str, **fields: str) -> httpx.Response:
        """Fill in a command's form and send it."""
        form = await self.form(request_id, command)
        return await self.send(f"/cases/{request_id}/commands", {**form, **fields})


@pytest.fixture(scope="session")
async def door(context: AppContext) -> AsyncIterator[httpx.AsyncClient]:
    """The address with the console in its demonstration."""
    app = create_app(context)
    add_console(app, context, demonstration=True)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    hooks = {"response": [answered_strictly]}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8080", timeout=60, event_hooks=hooks
    ) as client:
        yield client


async def answered_strictly(answer: httpx.Response) -> None:
    """Whatever any test asks for: no answer leaves it to the browser what it may do with it."""
    assert answer.headers["content-security-policy"].startswith("default-src 'none';"), answer.url
    assert answer.headers["x-content-type-options"] == "nosniff", answer.url
    assert "cache-control" in answer.headers, answer.url


@pytest.fixture(scope="session")
def enter(door: httpx.AsyncClient) -> Enter:
    """Sign in as somebody."""

    async def signed_in(role: Role, org: str = "") -> Person:
        answer = await door.post("/sign-in", data={"role": role.value, "org": org})
        assert answer.status_code == 303, answer.text
        cookie = answer.headers["set-cookie"]
        door.cookies.clear()
        assert all(said in cookie for said in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
        return Person(door, cookie.partition("=")[2].partition(";")[0])

    return signed_in
