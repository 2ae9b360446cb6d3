"""A paper as a reader gets it: its elements and its text, read by a parser that forgives nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

VOID = {"meta", "br"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "div", "span", "p"),
    *("h1", "h2", "table", "caption", "thead", "tbody", "tr", "th", "td", "ol", "li", "br"),
    *("bdi", "cite", "q", "ins", "strong", "em", "a"),
}


@dataclass
class Element:
    """An element with what stands in it, in order."""

    tag: str
    attributes: dict[str, str | None]
    inside: "list[Element | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, with every row of blanks as one."""
        return " ".join(self._words().split())

    def _words(self) -> str:
        between = (
            "" if self.tag in ("bdi", "span", "cite", "q", "ins", "strong", "em", "a", "p", "h1", "td", "th") else " "
        )
        return between.join(x if isinstance(x, str) else x._words() for x in self.inside)

    def all(self, tag: str, **attributes: str) -> "list[Element]":
        """Every element of that tag in it, with these attributes."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [x for x in self.within if x.tag == tag and wanted.items() <= x.attributes.items()]

    def one(self, tag: str, **attributes: str) -> "Element":
        """The only one."""
        (found,) = self.all(tag, **attributes)
        return found

    @cached_property
    def within(self) -> "Sequence[Element]":
        """Every element in it, in order; to be asked for when all of it is read."""
        found: list[Element] = []
        for x in self.inside:
            if isinstance(x, Element):
                found += [x, *x.within]
        return found


class _HtmlReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, f"<{tag}> has no place in a paper"
        element = Element(tag, dict(attrs))
        assert len(element.attributes) == len(attrs), f"<{tag}> has an attribute twice"
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        raise AssertionError(f"<{tag}/> is not HTML")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> closes what is not open"

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a paper has a comment: {data}")


def read(page: str) -> Element:
    """The page. Raises AssertionError for one that is not well-formed or has foreign elements."""
    reader = _HtmlReader()
    reader.feed(page)
    reader.close()
    assert [x.tag for x in reader.open] == [""], f"left open: {[x.tag for x in reader.open[1:]]}"
    return reader.root


def rows(page: Element) -> dict[str, str]:
    """What stands beside each head of a row; of heads that come twice, all of it."""
    found: dict[str, str] = {}
    for row in page.all("tr"):
        heads, cells = row.all("th", scope="row"), row.all("td")
        if heads and cells:
            found[heads[0].text] = " ".join([found.get(heads[0].text, ""), *(cell.text for cell in cells)]).strip()
    return found


def limits(page: Element) -> Sequence[Element]:
    """The rows of the table of limits."""
    return page.all("tr", class_="limit")
