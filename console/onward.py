"""Where somebody goes after signing in: to the page that was asked for before, else to the first of the own day."""

from typing import Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from api.http.prefix import own_path
from console.door import LIVE, set_cookie
from console.menu import first_page
from console.pages import see_other, shown_at
from domain.access import Caller

WANTED: Final = "__Host-shareflow-wanted"
"""The cookie by which a browser keeps which page it asked for while nobody was signed in."""
WANTED_LASTS: Final = 600
LONGEST: Final = 2000


def to_sign_in(request: Request) -> Response:
    """The way in; the page that was asked for, if any, is kept for afterwards."""
    answer, wanted = see_other("/sign-in"), quote(shown_at(request), safe="")
    asked = request.method == "GET" and own_path(request.scope) != "/" and LIVE not in request.headers
    if asked and len(wanted) <= LONGEST:
        set_cookie(answer, WANTED, wanted, WANTED_LASTS)
    return answer


def onward(request: Request, caller: Caller) -> Response:
    """On from signing in, once."""
    wanted = unquote(request.cookies.get(WANTED, ""))
    answer = see_other(own_page(wanted, first_page(caller)))
    if wanted:
        answer.delete_cookie(WANTED, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def own_page(address: str, otherwise: str) -> str:
    """An address that came from a browser, where it is one of this console's; else another."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else otherwise
