"""Signing in and out, and the language. Only the demonstration lets people choose who they are."""

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.http.problems import Problem
from console.door import LANGUAGE, SignedOut, door_of, form_of, language_of, set_cookie, sign_in, sign_out, visitor_of
from console.pages import page, see_other
from domain.access import EVERYWHERE, OF_A_PLACE, Caller
from domain.field_types import Code
from domain.messages import label
from domain.words import Role

_CODE: Final = TypeAdapter(Code)
HERE: Final = ("127.0.0.1", "localhost", "::1")
PARTIES: Final = frozenset({Role.REQUESTER, Role.PROVIDER})


async def show(request: Request) -> Response:
    """The form of the demonstration, or that there is no way in yet."""
    return _form(request)


def _form(
    request: Request, wrong: str | None = None, chosen: Collection[Role] = (), org: str = "", status: int = 200
) -> Response:
    said = {"wrong": wrong, "chosen": chosen, "org": org}
    context = {"demonstration": door_of(request).demonstration, "roles": list(Role), **said}
    return page(request, "sign_in.html", None, context, status)


async def enter(request: Request) -> Response:
    """Begin a session as somebody: in the demonstration alone, and from this machine's own address."""
    if not door_of(request).demonstration or urlsplit(f"//{request.headers.get('host', '')}").hostname not in HERE:
        raise Problem(403, "role_required")
    form = await form_of(request, None)
    roles = frozenset(role for role in Role if role.value in form.getlist("role"))
    org, language = str(form.get("org", "")).strip() or None, language_of(request)
    if not roles:
        return _form(request, label("console", "choose_role", language), roles, org or "", 422)
    try:
        code = None if org is None else _CODE.validate_python(org)
    except ValidationError:
        code = None
    if (org is not None or roles & PARTIES) and code is None:
        return _form(request, label("console", "choose_org", language), roles, org or "", 422)
    places = frozenset({EVERYWHERE}) if roles & OF_A_PLACE else frozenset[str]()
    subject = f"{'+'.join(sorted(roles))}@{code or 'nowhere'}"
    return await sign_in(request, Caller(subject, code, roles, places), see_other("/desk"))


async def leave(request: Request) -> Response:
    """End the session."""
    await form_of(request, await visitor_of(request))
    return await sign_out(request, see_other("/sign-in"))


async def choose_language(request: Request) -> Response:
    """Switch between Chinese and English, and go back to where the reader was."""
    try:
        visitor = await visitor_of(request)
    except SignedOut:
        visitor = None
    form = await form_of(request, visitor)
    back = str(form.get("back", "/"))
    answer = see_other(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/")
    set_cookie(answer, LANGUAGE, "en" if form.get("language") == "en" else "zh")
    return answer
