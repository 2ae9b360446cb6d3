"""What is typed into the forms of a case and not sent yet: a draft of each form, so that none takes another's place."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from console.case_forms import Typed
from console.kept import address_of_kept, forget_forms, kept_form, latest_forms
from console.pages import see_other

NOTE: Final = "note"
"""What the form of a note is called beside those of commands."""


def case_path(request: Request) -> str:
    """The address of the case that a request is about, without what is asked of it."""
    return f"/cases/{request.path_params['request_id']}"


async def drafts_of(request: Request) -> dict[str, Typed]:
    """The drafts of a case by their forms; of that which the address names, as it was then."""
    named = await kept_form(request, case_path(request))
    latest = await latest_forms(request, case_path(request))
    return {form_named(each): Typed(form_named(each), each) for each in [*latest, *([named] if named else [])]}


def form_named(values: Mapping[str, str]) -> str:
    """Which form of a case it is that says this."""
    return values.get("command") or NOTE


async def to_draft(request: Request, values: Mapping[str, str], what: str = "") -> Response:
    """On to the case with a form as it is typed so far, or to ``what`` below the case that shows it."""
    return see_other(await address_of_draft(request, values, what))


async def address_of_draft(request: Request, values: Mapping[str, str], what: str = "") -> str:
    """Where a form of a case is shown as it is typed so far."""
    return await address_of_kept(request, _part(request, form_named(values)), values, f"{case_path(request)}{what}")


async def forget_draft(request: Request, form: str) -> None:
    """A form has been sent for good, or is thrown away."""
    await forget_forms(request, _part(request, form))


def _part(request: Request, form: str) -> str:
    return f"{case_path(request)}#{form}"
