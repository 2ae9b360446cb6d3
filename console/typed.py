"""What somebody typed into a form that was not taken: shown once more, so that it can be copied and is not lost."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.http.limits import FORMS_WITH_PAPERS
from api.http.prefix import own_path
from console.door import CSRF, LARGEST_FIELD, MOST_FIELDS, from_elsewhere
from console.said import answer_text, field_name
from console.shown_forms import MORE
from domain.messages import Language, label

NOT_TYPED: Final = frozenset(
    {
        *(CSRF, MORE, "command", "idempotency_key", "if_match", "as", "key", "cause", "case", "cases", "tab", "holder"),
        *("all", "digest", "edition", "original", "sheet", "back", "language", "role", "org", "step", "days", "sure"),
        *("act", "fields_of"),
    }
)
"""Fields that a page brings along or in which something is only chosen."""
MOST_FILES: Final = 20
MOST_HEARD: Final = 4 * 1024 * 1024
"""Bytes of a form with papers that are read where its page does not."""


async def typed_in(request: Request, language: Language) -> Sequence[tuple[str, str]]:
    """The fields with something typed in them, by their names; nothing of a form that comes from another address."""
    if request.method != "POST" or from_elsewhere(request):
        return ()
    if not hasattr(request.state, "sent") and with_papers(request) and not _is_bounded(request):
        return ()
    try:
        form = getattr(request.state, "sent", None) or await request.form(
            max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD
        )
    except HTTPException:
        return ()
    return [
        (_named(name, value, language), answer_text(name, value, language))
        for name, value in form.multi_items()
        if isinstance(value, str) and value.strip() and value != "true" and not _brought(name)
    ]


def with_papers(request: Request) -> bool:
    """Whether it sends a form that may bring papers along: how much of it is read is its page's to say."""
    return own_path(request.scope) in FORMS_WITH_PAPERS


def _is_bounded(request: Request) -> bool:
    """Whether no more comes than what any form may send, as nobody bounds a form whose page has not read it."""
    said = request.headers.get("content-length", "")
    return said.isdecimal() and int(said) <= MOST_HEARD


def _named(name: str, typed: str, language: Language) -> str:
    """What the form calls the field: between two days and in letters the same names mean something else."""
    if name in _DAYS and _DAY.fullmatch(typed):
        return label("console", _DAYS[name], language)
    return label("console", "the_text", language) if name == "statute" else field_name(name, language)


_DAYS: Final = {"from": "audit_from", "to": "audit_to"}
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _brought(name: str) -> bool:
    return name in NOT_TYPED or name.endswith(".rows")
