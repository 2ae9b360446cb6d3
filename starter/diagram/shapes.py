"""The pieces of a laid-out picture: where each text, frame and line stands. Whole units, y runs downwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from starter.diagram.measure import width, wrapped, wrapped_names
from starter.diagram.picture import Kind

Anchor = Literal["start", "middle", "end"]
Shape = Literal["start", "stage", "end"]
Point = tuple[int, int]


@dataclass(frozen=True)
class Style:
    """How a text is set: size and distance of lines, bold or not, strong or grey."""

    size: int
    line: int
    bold: bool = False
    grey: bool = False


@dataclass(frozen=True)
class Rect:
    """An area, borders included."""

    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: "Rect") -> bool:
        """Whether the two share more than a border."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def within(self, other: "Rect") -> bool:
        """Whether the other holds all of it."""
        across = other.left <= self.left and self.right <= other.right
        return across and other.top <= self.top and self.bottom <= other.bottom


@dataclass(frozen=True)
class Text:
    """A block of lines. ``x`` is where it is anchored, ``top`` the upper border of its first line."""

    x: int
    top: int
    lines: tuple[str, ...]
    style: Style
    anchor: Anchor = "start"
    foreign: bool = False
    """Whether it is in the other of the two languages."""

    @property
    def height(self) -> int:
        """Of all lines together."""
        return self.style.line * len(self.lines)

    @property
    def width(self) -> int:
        """Of the longest line."""
        return max((width(line, self.style.size) for line in self.lines), default=0)

    @property
    def area(self) -> Rect:
        """What the text covers."""
        wide = self.width
        left = {"start": self.x, "middle": self.x - wide // 2, "end": self.x - wide}[self.anchor]
        return Rect(left, self.top, left + wide, self.top + self.height)

    def baseline(self, number: int) -> int:
        """Where the letters of a line stand."""
        return self.top + self.style.line * number + (self.style.line + self.style.size) // 2 - self.style.size // 8


def block(text: str, style: Style, room: int, x: int = 0, top: int = 0, anchor: Anchor = "start") -> Text:
    """A text wrapped into ``room``."""
    return Text(x, top, tuple(wrapped(text, style.size, room)), style, anchor)


def names_block(names: Sequence[str], between: str, style: Style, room: int, before: str = "") -> Text:
    """Names wrapped into ``room``, none of them torn apart that fits into a line."""
    return Text(0, 0, tuple(wrapped_names(names, between, style.size, room, before)), style)


@dataclass(frozen=True)
class Frame:
    """A stage, an ending or the start, with the texts in it; ``rule`` is the height of a dividing line, if any."""

    id: str
    shape: Shape
    area: Rect
    texts: Sequence[Text]
    rule: int | None = None


@dataclass(frozen=True)
class Wire:
    """A line from a place to another, or to the lane that leads there; ``label`` is what is written on it."""

    start: str
    end: str
    kind: Kind
    points: Sequence[Point]
    label: Text | None
    arrow: bool


@dataclass(frozen=True)
class Trunk:
    """The lane on which all jumps to one place end there; ``joins``: where others flow into it."""

    end: str
    kind: Kind
    points: Sequence[Point]
    joins: Sequence[Point]


@dataclass(frozen=True)
class Key:
    """One line of the legend: what a kind of line means."""

    kind: Kind
    line: tuple[Point, Point]
    text: Text


@dataclass(frozen=True)
class Layout:
    """Everything of a picture in its place."""

    width: int
    height: int
    headings: Sequence[Text]
    frames: Sequence[Frame]
    wires: Sequence[Wire]
    trunks: Sequence[Trunk]
    legend: Sequence[Key]
    notes: Sequence[Text]

    @property
    def labels(self) -> Sequence[Text]:
        """Every text that stands outside the frames."""
        on_wires = [wire.label for wire in self.wires if wire.label is not None]
        return [*self.headings, *on_wires, *(key.text for key in self.legend), *self.notes]
