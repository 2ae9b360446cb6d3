"""Layout of a picture: one column of frames, straight lines between them, lanes on both sides.

Space for every text is reserved before lines are drawn, so that nothing overlaps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from starter.diagram.frames import STAGE_WIDTH, placed
from starter.diagram.picture import Kind, Picture, links_of
from starter.diagram.plan import APART, BESIDE, ENTRY, LANE, SIDES, Plan, Side, SideJump, plan_of
from starter.diagram.shapes import Frame, Key, Layout, Style, Text, Trunk, Wire, block
from starter.diagram.wording import Wording

TITLE = Style(size=20, line=30, bold=True)
SUBTITLE = Style(size=13, line=20, grey=True)
SMALL = Style(size=11, line=18, grey=True)
MARGIN = 28
LEAST_ROOM = 440
"""The minimum width for title and legend."""
KEY_LINE = 36
"""The length of a line in the legend."""


def lay_out(picture: Picture) -> Layout:
    """The layout of a picture."""
    plan = plan_of(picture)
    left, right = plan.breadth("left"), plan.breadth("right")
    inner = max(left + STAGE_WIDTH + right, LEAST_ROOM)
    headings = _headings(picture, inner)
    column = MARGIN + left + (inner - left - STAGE_WIDTH - right) // 2
    frames = _frames(plan, column, max(text.area.bottom for text in headings) + APART + BESIDE)
    legend = _legend(picture, plan.words, inner, max(frame.area.bottom for frame in frames.values()) + 2 * APART)
    below = max([frame.area.bottom for frame in frames.values()] + [key.text.area.bottom for key in legend])
    stubs = list(_stubs(plan, frames, column))
    trunks = list(_trunks(plan, frames, stubs))
    said = [plan.words.joins] if any(trunk.joins for trunk in trunks) else []
    notes = list(_notes([*said, *([picture.note] if picture.note else [])], inner, below + BESIDE // 2))
    return Layout(
        width=inner + 2 * MARGIN,
        height=max([below, *(note.area.bottom for note in notes)]) + MARGIN,
        headings=headings,
        frames=list(frames.values()),
        wires=[*_straight(plan, frames, column), *stubs],
        trunks=trunks,
        legend=legend,
        notes=notes,
    )


def _headings(picture: Picture, inner: int) -> Sequence[Text]:
    middle = MARGIN + inner // 2
    title = block(picture.title, TITLE, inner, middle, MARGIN, "middle")
    return [title, block(picture.subtitle, SUBTITLE, inner, middle, title.area.bottom + 2, "middle")]


def _frames(plan: Plan, column: int, top: int) -> Mapping[str, Frame]:
    frames: dict[str, Frame] = {}
    for name, body in plan.bodies.items():
        frames[name] = placed(body, column + (STAGE_WIDTH - body.width) // 2, top, plan.height(name))
        top += plan.height(name) + plan.gap(name)
    return frames


def _straight(plan: Plan, frames: Mapping[str, Frame], column: int) -> Iterator[Wire]:
    for name, frame in frames.items():
        for link, offset, text in plan.straight(name):
            x, top = column + offset, frame.area.bottom
            label = _written(text, x + BESIDE, top + BESIDE // 2)
            yield Wire(link.start, link.end, link.kind, ((x, top), (x, frames[link.end].area.top)), label, True)


def _stubs(plan: Plan, frames: Mapping[str, Frame], column: int) -> Iterator[Wire]:
    for side in SIDES:
        for name, frame in frames.items():
            top = frame.area.top + plan.first_row(name, side)
            for row in plan.rows(name, side):
                yield _stub(plan, row, side, frame, column, top)
                top += row.height


def _stub(plan: Plan, row: SideJump, side: Side, frame: Frame, column: int, top: int) -> Wire:
    """The line from the side of a frame to its lane, below its label."""
    right = side == "right"
    edge = frame.area.right if right else frame.area.left
    y = top + row.label.height + 3
    label = _written(row.label, edge + BESIDE if right else edge - BESIDE, top)
    if label is not None and not right:
        label = replace(label, anchor="end")
    link, x = row.link, _lane_x(plan, column, side, row.link.end)
    # Frames are drawn over lines, so a line from behind a frame meets its border even at a round corner.
    inside = (frame.area.left + frame.area.right) // 2 if frame.shape == "start" else edge
    return Wire(link.start, link.end, link.kind, ((inside, y), (x, y)), label, False)


def _written(text: Text, x: int, top: int) -> Text | None:
    """A text at its place; None for an empty text."""
    return replace(text, x=x, top=top) if text.lines else None


def _lane_x(plan: Plan, column: int, side: Side, end: str) -> int:
    out = plan.column(side) + LANE * plan.lanes(side)[end]
    return column + STAGE_WIDTH + out if side == "right" else column - out


def _trunks(plan: Plan, frames: Mapping[str, Frame], stubs: Sequence[Wire]) -> Iterator[Trunk]:
    """The trunks of lanes: from the furthest stub along the lane to the side of the target."""
    for side in SIDES:
        for end in plan.lanes(side):
            area, right = frames[end].area, side == "right"
            joining = [wire for wire in stubs if wire.end == end and (wire.points[1][0] > area.right) == right]
            ends = sorted((wire.points[1] for wire in joining), key=lambda point: point[1], reverse=not right)
            x, first = ends[0]
            y = (area.top + area.bottom) // 2 if frames[end].shape == "end" else area.top + ENTRY // 2
            arrival = (area.right if right else area.left, y)
            yield Trunk(end, _kind_of_all(joining), ((x, first), (x, y), arrival), ends[1:])


def _kind_of_all(wires: Sequence[Wire]) -> Kind:
    """The kind of line of a lane: that of its jumps if they are alike, otherwise that of a command."""
    kinds = {wire.kind for wire in wires}
    return kinds.pop() if len(kinds) == 1 else "command"


def _legend(picture: Picture, words: Wording, inner: int, top: int) -> Sequence[Key]:
    used = {link.kind for link in links_of(picture)}
    keys: list[Key] = []
    for kind, means in words.kinds.items():
        if kind in used:
            text = block(means, SMALL, inner - KEY_LINE - BESIDE, MARGIN + KEY_LINE + BESIDE, top)
            y = top + SMALL.line // 2
            keys.append(Key(kind, ((MARGIN, y), (MARGIN + KEY_LINE, y)), text))
            top = text.area.bottom
    return keys


def _notes(sentences: Sequence[str], inner: int, top: int) -> Iterator[Text]:
    for sentence in sentences:
        text = block(sentence, SMALL, inner, MARGIN, top)
        yield text
        top = text.area.bottom
