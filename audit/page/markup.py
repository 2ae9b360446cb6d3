"""HTML put together of elements: whatever is not an element of ours is text, and is escaped.

Nothing of it is a template of somebody else's making: a dossier is compared with the page that is made again years
later, to the byte.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from typing import Final, Union

from domain.field_types import unfit_named
from domain.messages import label, words


class Html(str):
    """HTML that is ready: made here alone."""

    __slots__ = ()


Content = Union[str, int, None, Iterable["Content"]]  # noqa: UP007 - names itself
_EMPTY: Final = frozenset({"meta", "br", "rect", "circle"})
"""Elements without content. Those of SVG must say so themselves."""
_NAMES: Final = {"cls": "class", "viewbox": "viewBox", "aria_label": "aria-label", "http_equiv": "http-equiv"}
_SPECIAL: Final = re.compile("[&<>\"']")


def el(tag: str, *content: Content, **attributes: str | int | None) -> Html:
    """An element; ``cls`` is its class. An attribute that is None is left out."""
    given = _given(attributes) if attributes else ""
    if tag in _EMPTY:
        return Html(f"<{tag}{given}/>")
    inside = "".join([each if type(each) is Html else _text(each) for each in content])
    return Html(f"<{tag}{given}>{inside}</{tag}>")


def _given(attributes: Mapping[str, str | int | None]) -> str:
    named = ((_NAMES.get(name, name), value) for name, value in attributes.items() if value is not None)
    return "".join([f' {name}="{_escaped(str(value))}"' for name, value in named])


def _text(content: Content) -> str:
    if type(content) is Html:
        return content
    if isinstance(content, str):
        return _escaped(content)
    if content is None:
        return ""
    if isinstance(content, int):
        return str(content)
    return "".join([each if type(each) is Html else _text(each) for each in content])


def _escaped(text: str) -> str:
    """A text as HTML has it; most have nothing to escape."""
    return escape(text) if _SPECIAL.search(text) else text


def together(*content: Content) -> Html:
    """Several pieces in a row."""
    return Html("".join(map(_text, content)))


def verbatim(style: str) -> Html:
    """A style sheet of ours, as it is."""
    return Html(f"<style>{style}</style>")


def said(text: object) -> Html:
    """Somebody's own words: whatever direction they are written in, they turn nothing around them.

    A character that cannot be seen, or that would turn the line, is named instead.
    """
    return Html(f"<bdi>{_escaped(unfit_named(str(text)))}</bdi>")


def both(kind: str, word: str) -> Html:
    """A word of the catalogue in Chinese and English; one that the catalogue does not have stands as it is."""
    return _both(kind, word) if word in words(kind) else said(word)


@cache
def _both(kind: str, word: str) -> Html:
    return together(label(kind, word, "zh"), english(label(kind, word, "en")))


def fixed(word: str, **values: object) -> Html:
    """A fixed word or sentence of the dossier in both languages, with its {names} filled in."""
    return _filled("dossier", word, values) if values else _both("dossier", word)


def length(amount: int, unit: str) -> Html:
    """How long a limit is, in both languages: 10个工作日, 10 working days."""
    return _filled("limit_length", unit, {"number": amount})


def _filled(kind: str, word: str, values: Mapping[str, object]) -> Html:
    return together(label(kind, word, "zh").format(**values), english(label(kind, word, "en").format(**values)))


def english(*text: Content) -> Html:
    """English beside the Chinese."""
    return Html(f'<span lang="en" class="en"> {_text(text)}</span>')


def table(head: Iterable[Content], rows: Iterable[Sequence[Content]], cls: str | None = None) -> Html:
    """A table with a line of headings; the first cell of each row names it."""
    headings = el("thead", el("tr", (el("th", heading, scope="col") for heading in head)))
    return el("table", headings, "\n", el("tbody", "\n", map(_row, rows)), cls=cls)


def pairs(rows: Iterable[tuple[Content, Content]], cls: str | None = None) -> Html:
    """A table of names and what they stand for."""
    return el("table", el("tbody", "\n", map(_row, rows)), cls=cls)


def _row(cells: Sequence[Content]) -> Html:
    rest = "".join([f"<td>{_text(cell)}</td>" for cell in cells[1:]])
    return Html(f'<tr><th scope="row">{_text(cells[0])}</th>{rest}</tr>\n')
