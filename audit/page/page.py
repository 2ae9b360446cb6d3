"""The page as one file: no script, no picture from elsewhere, no link that leads out."""

from functools import cache
from importlib.resources import files
from typing import Final

from audit.page.acts import acts
from audit.page.cover import contents, cover, matter
from audit.page.evidence import papers, record, related
from audit.page.facts import CaseFacts
from audit.page.limits import limits
from audit.page.markup import el, fixed, said, verbatim
from audit.page.operations import operations
from audit.page.timeline import timeline

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser is told: whatever stands in the page, nothing is run, loaded or sent."""

_PARTS: Final = (cover, contents, matter, timeline, acts, limits, papers, related, record, operations)


def page_of(facts: CaseFacts) -> bytes:
    """The page of a case: the same facts give the same bytes. A case has at least one event."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{facts.request_id} 卷宗"),
        verbatim(_style()),
    )
    made = [part(facts) for part in _PARTS]
    foot = el("footer", el("p", fixed("foot"), " ", said(facts.request_id)))
    body = el("body", "\n", ([part, "\n"] for part in made if part is not None), foot, "\n")
    return f"<!doctype html>\n{el('html', head, body, lang='zh-CN')}\n".encode()


@cache
def _style() -> str:
    return files("audit.page").joinpath("page.css").read_text(encoding="utf-8")
