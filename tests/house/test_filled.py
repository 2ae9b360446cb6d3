"""A sentence that names something is filled where it is used: nobody reads a {name} with its brackets."""

import re
from collections.abc import Iterator
from typing import Final

from domain.messages import words
from tests.house.code import ROOT, product, shown

NAMED: Final = re.compile(r"\{[a-z_]+\}")
IN_CODE: Final = re.compile(r"""label\(\s*"(?P<kind>\w+)",\s*"(?P<word>\w+)",[^()]*\)(?P<then>\.format)?""")
IN_PAGE: Final = re.compile(r"""\bt\.(?P<word>\w+)(?P<then>\.format|\|)?""")


def unfilled(text: str, uses: re.Pattern[str]) -> Iterator[str]:
    """Which sentences a text takes as they stand, though they name something; in a page a filter may fill them."""
    for use in uses.finditer(text):
        kind = use.groupdict().get("kind", "console")
        said = words(kind).get(use["word"], {}) if use["then"] is None else {}
        if any(NAMED.search(each) for each in said.values()):
            yield f"{kind}.{use['word']}"


def test_what_a_sentence_names_is_filled_in_where_it_is_used() -> None:
    code = [(path, IN_CODE) for path in product()]
    pages = [(path, IN_PAGE) for path in (ROOT / "console/templates").glob("*.html")]
    assert pages
    found = {shown(path): [*unfilled(path.read_text("utf-8"), uses)] for path, uses in [*code, *pages]}
    assert {path: each for path, each in found.items() if each} == {}


def test_one_that_is_not_filled_is_found() -> None:
    assert list(unfilled('label("problem", "claimed", language)', IN_CODE)) == ["problem.claimed"]
    assert list(unfilled('label("problem", "claimed", language).format(officer=x)', IN_CODE)) == []
    assert list(unfilled("{{ t.only_first }} {{ t.only_first.format(number=1) }}", IN_PAGE)) == ["console.only_first"]
