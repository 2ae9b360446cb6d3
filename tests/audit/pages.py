"""Reading the page of a dossier as a browser does, as far as tests ask."""

from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "br", "rect", "circle"}


class PageRead(HTMLParser):
    """A page that was read: its text, its elements, what they link to. Raises AssertionError where it is not whole."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags = Counter[str]()
        self.classes = Counter[str]()
        self.attributes = set[str]()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.language: str | None = None
        self.cells: list[str] = []
        self.quotes: list[str] = []
        self._open: list[str] = []
        self._texts: list[str] = []
        self.feed(page.decode())
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        """All that a reader sees."""
        return "".join(self._texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        said = {name: value or "" for name, value in attrs}
        self.attributes |= said.keys()
        self.classes.update(said.get("class", "").split())
        self.links += [said[name] for name in ("href", "src", "action") if name in said]
        self.ids += [said["id"]] if "id" in said else []
        if tag == "html":
            self.language = said.get("lang")
        if tag in ("td", "th"):
            self.cells.append("")
        if tag == "q":
            self.quotes.append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID, tag
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self._texts.append(data)
        if {"td", "th"} & set(self._open):
            self.cells[-1] += data
        if "q" in self._open:
            self.quotes[-1] += data
