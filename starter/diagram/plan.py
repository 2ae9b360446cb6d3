"""Measurements before layout: the sizes of frames, the texts beside them, lanes and their space."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from starter.diagram.frames import STAGE_WIDTH, FrameBody, bodies_of
from starter.diagram.lanes import Routes, routes_of
from starter.diagram.picture import Link, Picture
from starter.diagram.shapes import Style, Text, names_block
from starter.diagram.wording import WORDING, Wording

LABEL = Style(size=12, line=16)
LANE = 14
LABEL_ROOM = 150
BESIDE = 8
"""The distance between a line or frame and its text."""
ENTRY = 22
"""The height at the top of a stage where a lane arrives."""
APART = 16
"""The distance between frames that no line joins."""
ARROW = 18
"""The length of a straight line besides its text."""

Side = Literal["left", "right"]
SIDES: Sequence[Side] = ("right", "left")


@dataclass(frozen=True)
class SideJump:
    """A jump that leaves a frame at its side, with its label and its height."""

    link: Link
    label: Text

    @property
    def height(self) -> int:
        """The height of the text and the line below it."""
        return self.label.height + 10


@dataclass(frozen=True)
class Plan:
    """The measurements of a picture before layout."""

    bodies: Mapping[str, FrameBody]
    routes: Routes
    words: Wording

    def rows(self, name: str, side: Side) -> Sequence[SideJump]:
        """The jumps that leave a place at a side, from top to bottom."""
        links = (self.routes.ahead if side == "right" else self.routes.back).get(name, ())
        return [SideJump(link, names_block(link.labels, self.words.between, LABEL, LABEL_ROOM)) for link in links]

    def lanes(self, side: Side) -> Mapping[str, int]:
        """The lanes of a side, by target."""
        return self.routes.right if side == "right" else self.routes.left

    def column(self, side: Side) -> int:
        """The width of the texts of a side."""
        widths = [row.label.width for name in self.bodies for row in self.rows(name, side)]
        if widths:
            return max(widths) + 2 * BESIDE
        return BESIDE if self.lanes(side) else 0

    def breadth(self, side: Side) -> int:
        """The width of everything beside the column of frames: texts, then lanes."""
        return self.column(side) + LANE * (max(self.lanes(side).values(), default=-1) + 1)

    def straight(self, name: str) -> Sequence[tuple[Link, int, Text]]:
        """The straight lines from a place: distance from the left of the column, and text."""
        links = self.routes.straight.get(name, ())
        slot = STAGE_WIDTH // max(len(links), 1)
        found: list[tuple[Link, int, Text]] = []
        for number, link in enumerate(links):
            x = slot * number + (slot // 2 if len(links) == 1 else BESIDE)
            room = slot * (number + 1) - x - 2 * BESIDE
            found.append((link, x, names_block(link.labels, self.words.between, LABEL, room)))
        return found

    def height(self, name: str) -> int:
        """The height of a frame, with space for its texts and for everything that leaves or arrives."""
        return max(self.bodies[name].height, self._taken(name, "left"), self._taken(name, "right"))

    def gap(self, name: str) -> int:
        """The distance below a frame."""
        texts = [text.height for _, _, text in self.straight(name)]
        if texts:
            return max(max(texts) + ARROW, 2 * ARROW)
        return BESIDE if self.bodies[name].shape == "end" else APART

    def first_row(self, name: str, side: Side) -> int:
        """The distance of the first jump below the top of a frame."""
        return ENTRY if name in self.lanes(side) else BESIDE // 2

    def _taken(self, name: str, side: Side) -> int:
        rows = self.rows(name, side)
        if not rows:
            return 0
        return self.first_row(name, side) + sum(row.height for row in rows) + BESIDE


def plan_of(picture: Picture) -> Plan:
    """The plan of a picture."""
    return Plan(bodies_of(picture), routes_of(picture), WORDING[picture.language])
