"""通知设置: of what the visitor is told by mail and in the group of its department, and where its mail goes."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from api.context import AppContext
from api.dependencies import require_role
from api.http.problems import Problem, title_of
from api.notifications import choosing
from api.notifications.choosing import READERS_OF_LOST
from api.notifications.schemas import NotificationChoicesIn
from background.notifying.occasions import OF_GROUPS
from console.door import Visitor, door_of, form_of, language_of, visitor_of
from console.pages import page, see_other
from domain.access import Caller
from domain.messages import Language, label
from domain.words import Role
from ledger.queries.notified import NotificationKind

PAGE: Final = "/desk/notices"
OF_OPERATORS: Final = frozenset({NotificationKind.STUCK})


async def show(request: Request) -> Response:
    """What the visitor chose, and forms to choose otherwise."""
    return await _page(request, await visitor_of(request))


async def choose(request: Request) -> Response:
    """Have the visitor told of what is ticked."""

    async def chosen(asked: "AskedOf", form: FormData) -> None:
        said = {
            "mail": form.getlist("mail"),
            "group": form.getlist("group"),
            "language": form.get("language") or asked[2],
        }
        await choosing.choose(*asked[:2], NotificationChoicesIn.model_validate(said))

    return await _done(request, chosen)


async def ask_address(request: Request) -> Response:
    """Send a code to an address."""
    return await _done(request, lambda asked, form: choosing.ask_address(*asked, _typed(form, "address")))


async def confirm_address(request: Request) -> Response:
    """Have mail go to the address that the code was sent to."""
    return await _done(request, lambda asked, form: choosing.confirm_address(*asked[:2], _typed(form, "code")))


async def forget_address(request: Request) -> Response:
    """Forget the address."""
    return await _done(request, lambda asked, _: choosing.forget_address(*asked[:2]))


async def undelivered(request: Request) -> Response:
    """What was not delivered, or perhaps not: for operators."""
    visitor = await visitor_of(request)
    require_role(visitor.caller, READERS_OF_LOST)
    found = await choosing.lost(door_of(request).context, language_of(request))
    return page(request, "undelivered.html", visitor, {"found": found})


AskedOf = tuple[AppContext, Caller, Language]
"""Where, by whom and in which language something is asked."""


def _typed(form: FormData, name: str) -> str:
    return str(form.get(name, "")).strip()


async def _done(request: Request, do: Callable[[AskedOf, FormData], Awaitable[None]]) -> Response:
    """Do what a form asks for, and back to the page; a refusal is told above it."""
    visitor, language = await visitor_of(request), language_of(request)
    form = await form_of(request, visitor)
    try:
        await do((door_of(request).context, visitor.caller, language), form)
    except Problem as refusal:
        return await _page(request, visitor, title_of(refusal, language), refusal.status_code, _typed(form, "address"))
    except ValidationError:
        return await _page(request, visitor, label("problem", "invalid", language), 422)
    return see_other(PAGE)


async def _page(
    request: Request, visitor: Visitor, wrong: str | None = None, status: int = 200, typed: str = ""
) -> Response:
    language = language_of(request)
    chosen = await choosing.chosen(door_of(request).context, visitor.caller, language)
    operates = Role.OPERATOR in visitor.caller.roles
    kinds: list[dict[str, Any]] = [
        {"word": kind, "label": label("notification_kind", kind, language), "in_groups": kind in OF_GROUPS}
        for kind in NotificationKind
        if operates or kind not in OF_OPERATORS
    ]
    told = {"chosen": chosen, "kinds": kinds, "wrong": wrong, "operates": operates, "typed": typed}
    return page(request, "notices.html", visitor, told, status)
