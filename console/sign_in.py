"""Signing in and out, and the language: at the operator's issuer, or in the demonstration by choosing who one is."""

import asyncio
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.cases.sheets.texts import places_with_texts
from api.context import AppContext
from api.http.problems import Problem
from api.supervision.figures import figures
from console.door import (
    LANGUAGE,
    SignedOut,
    SignInRefused,
    WayIn,
    came_from,
    door_of,
    form_of,
    language_of,
    set_cookie,
    sign_in,
    sign_out,
    visitor_of,
)
from console.oidc import BEGUN
from console.onward import onward, own_page
from console.pages import page, see_other
from domain.access import EVERYWHERE, OF_A_PLACE, Caller
from domain.departments import name_in
from domain.field_types import Code
from domain.messages import label, words
from domain.words import Role
from starter.guises import officer_of

_CODE: Final = TypeAdapter(Code)
HERE: Final = ("127.0.0.1", "localhost", "::1")
PARTIES: Final = frozenset({Role.REQUESTER, Role.PROVIDER})
ANYBODY: Final = Caller("demonstration", None, frozenset({Role.BUREAU}), frozenset({EVERYWHERE}))
"""For whom the demonstration counts what waits, before anybody is signed in."""


@dataclass(frozen=True)
class Guise:
    """Who somebody wants to be: roles, a department of the list or the code of another, an organ of which place."""

    roles: frozenset[Role] = frozenset()
    org: str = ""
    other_org: str = ""
    place: str = ""

    @property
    def code(self) -> str:
        """The department's code; empty for none."""
        return self.other_org or self.org

    @property
    def places(self) -> frozenset[str]:
        """The places of which somebody is an organ: one, or all of them where none was chosen."""
        return frozenset({self.place or EVERYWHERE}) if self.roles & OF_A_PLACE else frozenset()


async def show(request: Request) -> Response:
    """The way to the issuer, or the form of the demonstration, or that there is no way in."""
    return await _choice(request, Guise()) if door_of(request).demonstration else _form(request)


def _form(request: Request, wrong: str | None = None, status: int = 200) -> Response:
    way_in = {"demonstration": False, "by_issuer": door_of(request).issuer is not None}
    context = {**way_in, "wrong": wrong, "back": "/sign-in"}
    return page(request, "sign_in.html", None, context, status)


async def _choice(request: Request, typed: Guise, wrong: str | None = None, status: int = 200) -> Response:
    """The form of the demonstration: roles with what is done in each, departments with how much waits for each."""
    language = language_of(request)
    told = await asyncio.to_thread(figures, door_of(request).context, ANYBODY, language)
    context = {
        "demonstration": True,
        "roles": list(Role),
        "does": {word: texts[language] for word, texts in words("role_does").items()},
        "departments": told.departments,
        "chosen": typed.roles,
        "org": typed.org,
        "other_org": typed.other_org,
        "places": [(place, getattr(name, language)) for place, name in places_with_texts().items()],
        "place": typed.place,
        "wrong": wrong,
        "back": "/sign-in",
    }
    return page(request, "sign_in.html", None, context, status)


async def enter(request: Request) -> Response:
    """Begin a session as somebody: in the demonstration alone, and from this machine's own address."""
    if not door_of(request).demonstration or urlsplit(f"//{request.headers.get('host', '')}").hostname not in HERE:
        raise Problem(403, "role_required")
    form, language = await form_of(request, None), language_of(request)
    roles = frozenset(role for role in Role if role.value in form.getlist("role"))
    typed = {name: str(form.get(name, "")).strip() for name in ("org", "other_org", "place")}
    chosen = Guise(roles, **typed)
    if not roles:
        return await _choice(request, chosen, label("console", "choose_role", language), 422)
    try:
        code = _CODE.validate_python(chosen.code) if chosen.code else None
    except ValidationError:
        code = None
    if (chosen.code or roles & PARTIES) and code is None:
        return await _choice(request, chosen, label("console", "choose_org", language), 422)
    if chosen.place not in ("", *places_with_texts()):
        return await _choice(request, chosen, label("console", "choose_place", language), 422)
    subject = await asyncio.to_thread(_named, door_of(request).context, chosen, code)
    caller = Caller(subject, code, roles, chosen.places)
    return await sign_in(request, caller, onward(request, caller))


def _named(context: AppContext, chosen: Guise, code: str | None) -> str:
    """The sign-in name of whoever is of a department, or of an organ, in the demonstration: each time the same.

    Blocking. A code that no list has stands for itself.
    """
    listed = name_in(context.departments(), code) if code else None
    if code and listed is None:
        return f"{'+'.join(sorted(chosen.roles))}@{code}"
    place = "".join(places_with_texts()[each].zh for each in chosen.places - {EVERYWHERE})
    where = listed or place + "、".join(label("role", role, "zh") for role in Role if role in chosen.roles)
    return officer_of(where)


async def begin(request: Request) -> Response:
    """Go to the issuer to prove who one is."""
    return await _issuer(request).begin(request)


async def come_back(request: Request) -> Response:
    """Come back from the issuer: into a session, or to one sentence that it did not work."""
    issuer, context = _issuer(request), door_of(request).context
    try:
        came = await issuer.finish(request)
    except SignInRefused:
        context.limits.failed(came_from(request))
        answer = _form(request, label("console", "sign_in_refused", language_of(request)), status=403)
    else:
        answer = await sign_in(request, came.caller, onward(request, came.caller), came.name)
    answer.delete_cookie(BEGUN, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _issuer(request: Request) -> WayIn:
    """Where people prove who they are. Raises SignedOut where there is no such place."""
    issuer = door_of(request).issuer
    if issuer is None:
        raise SignedOut
    return issuer


async def leave(request: Request) -> Response:
    """End the session here, then the one at the issuer where it offers that.

    The way there is a page of its own: a form may lead nowhere else, and so neither may what answers it.
    """
    await form_of(request, await visitor_of(request))
    issuer = door_of(request).issuer
    way_out = await issuer.way_out() if issuer else None
    if way_out is None:
        return await sign_out(request, see_other("/sign-in"))
    answer = page(request, "signed_out.html", None, {"way_out": way_out, "back": "/sign-in"})
    answer.headers["Refresh"] = f"0; url={way_out}"
    return await sign_out(request, answer)


async def choose_language(request: Request) -> Response:
    """Switch between Chinese and English, and go back to where the reader was."""
    try:
        visitor = await visitor_of(request)
    except SignedOut:
        visitor = None
    form = await form_of(request, visitor)
    back = str(form.get("back", "/"))
    answer = see_other(own_page(back, "/"))
    set_cookie(answer, LANGUAGE, "en" if form.get("language") == "en" else "zh")
    return answer
