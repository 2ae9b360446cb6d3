"""The documents as text: which there are, where their links lead, which files and counts they name."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from tests.house.code import ROOT

LINK: Final = re.compile(r"!?\[[^\]]*\]\((?P<to>[^)\s]+)\)")
CODE: Final = re.compile(r"```.*?```", re.DOTALL)
SPAN: Final = re.compile(r"`(?P<said>[^`\n]+)`")
HEADING: Final = re.compile(r"^#+ +(?P<said>.+?) *$", re.MULTILINE)


@cache
def documents() -> Sequence[Path]:
    """Every document: those at the top and all below docs/ and deploy/."""
    return [
        *sorted(ROOT.glob("*.md")),
        *(path for room in ("docs", "deploy") for path in sorted((ROOT / room).rglob("*.md"))),
    ]


def links(path: Path) -> Iterator[str]:
    """Where a document's relative links lead."""
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    yield from (found["to"] for found in LINK.finditer(text) if ":" not in found["to"].partition("/")[0])


def spans(path: Path) -> Iterator[str]:
    """What a document says in code between its lines."""
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    yield from (found["said"] for found in SPAN.finditer(text))


def anchors(path: Path) -> set[str]:
    """The places within a document that a link can lead to, as GitHub makes them from its headings."""
    headings = (found["said"].lower() for found in HEADING.finditer(CODE.sub("", path.read_text(encoding="utf-8"))))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}
