"""Whatever a picture holds, all of it can be read: nothing lies over anything else, and every line arrives."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise

from hypothesis import given

from starter.diagram import Arrow, Box, Picture
from starter.diagram.layout import lay_out
from starter.diagram.measure import width, wrapped, wrapped_names
from starter.diagram.shapes import Layout, Point, Rect
from tests.diagram.pictures import PLAIN, pictures, words


def lines(layout: Layout) -> Iterator[Rect]:
    """Every piece of every line, as an area without breadth or height."""
    paths: list[Sequence[Point]] = [wire.points for wire in layout.wires]
    paths += [trunk.points for trunk in layout.trunks] + [key.line for key in layout.legend]
    for points in paths:
        for (x, y), (to_x, to_y) in pairwise(points):
            assert x == to_x or y == to_y, "a line runs aslant"
            yield Rect(min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y))


@given(pictures())
def test_no_text_lies_over_another(picture: Picture) -> None:
    layout = lay_out(picture)
    texts = [*layout.labels, *(text for frame in layout.frames for text in frame.texts)]
    for one, other in combinations(texts, 2):
        assert not one.area.meets(other.area), (one, other)


@given(pictures())
def test_no_line_runs_through_a_text_or_a_stage(picture: Picture) -> None:
    layout = lay_out(picture)
    # A line leaves the start from behind it: its frame hides what is under it.
    areas = [text.area for text in layout.labels] + [f.area for f in layout.frames if f.shape != "start"]
    for line in lines(layout):
        for area in areas:
            assert not line.meets(area), (line, area)


@given(pictures())
def test_frames_stand_apart_and_hold_their_texts(picture: Picture) -> None:
    layout = lay_out(picture)
    assert [frame.id for frame in layout.frames] == ["", *(s.id for s in picture.stages), *(e.id for e in picture.ends)]
    for above, below in pairwise(layout.frames):
        assert above.area.bottom < below.area.top
    for frame in layout.frames:
        assert all(text.area.within(frame.area) for text in frame.texts if text.lines), frame


@given(pictures())
def test_everything_is_inside_the_picture(picture: Picture) -> None:
    layout = lay_out(picture)
    whole = Rect(0, 0, layout.width, layout.height)
    texts = [*layout.labels, *(text for frame in layout.frames for text in frame.texts)]
    for area in (*(f.area for f in layout.frames), *(text.area for text in texts if text.lines), *lines(layout)):
        assert area.within(whole), area


@given(pictures())
def test_every_line_leaves_its_stage_and_arrives(picture: Picture) -> None:
    layout = lay_out(picture)
    frames = {frame.id: frame.area for frame in layout.frames}
    for wire in layout.wires:
        assert touches(wire.points[0], frames[wire.start]), wire
        if wire.arrow:
            assert wire.points[-1][1] == frames[wire.end].top
            continue
        reached = [trunk for trunk in layout.trunks if trunk.end == wire.end and on(wire.points[-1], trunk.points)]
        assert len(reached) == 1, wire
    for trunk in layout.trunks:
        assert trunk.points[-1][0] in (frames[trunk.end].left, frames[trunk.end].right), trunk
        assert frames[trunk.end].top < trunk.points[-1][1] < frames[trunk.end].bottom, trunk


def touches(point: Point, area: Rect) -> bool:
    """Whether a point lies in an area or on its border."""
    return Rect(*point, *point).within(area)


def on(point: Point, points: Sequence[Point]) -> bool:
    """Whether a point lies on the lane of a trunk, its piece that runs up or down."""
    (x, one), (_, other) = points[:2]
    return point[0] == x and min(one, other) <= point[1] <= max(one, other)


@given(pictures())
def test_no_lane_lies_on_another_nor_crosses_where_one_arrives(picture: Picture) -> None:
    layout = lay_out(picture)
    for one, other in combinations(layout.trunks, 2):
        for a, b in ((one, other), (other, one)):
            (x, from_y), (_, to_y), (frame_x, _) = a.points
            low, high = min(from_y, to_y), max(from_y, to_y)
            (lane_x, start_y), (_, y), (edge_x, _) = b.points
            if x == lane_x:
                assert high < min(start_y, y) or max(start_y, y) < low, (a, b)
            arrives = min(edge_x, lane_x) < x < max(edge_x, lane_x)
            assert not (arrives and low <= y <= high), (a, b, frame_x)


def test_ahead_runs_on_the_right_and_back_on_the_left() -> None:
    layout = lay_out(PLAIN)
    column = next(frame.area for frame in layout.frames if frame.id == "answer")
    sides = {trunk.end: trunk.points[0][0] > column.right for trunk in layout.trunks}
    assert sides == {"answer": True, "end:granted": True, "end:withdrawn": True, "check": False}
    straight = [(wire.start, wire.end) for wire in layout.wires if wire.arrow]
    assert straight == [("", "check"), ("check", "supplement")]


def test_what_goes_furthest_ahead_leaves_highest_and_furthest_back_lowest() -> None:
    boxes = [Box(name, name, name) for name in "abcd"]
    edges = [Arrow("a", end) for end in ("c", "d")] + [Arrow("d", end) for end in ("a", "b", "c")]
    wires = lay_out(replace(PLAIN, stages=boxes, ends=[], edges=edges, opens=[])).wires
    assert [wire.end for wire in wires if wire.start == "a"] == ["d", "c"]
    assert [wire.end for wire in wires if wire.start == "d"] == ["c", "b", "a"]


def test_a_lane_is_dashed_where_time_alone_leads_there() -> None:
    kinds = {trunk.end: trunk.kind for trunk in lay_out(PLAIN).trunks}
    assert kinds["end:withdrawn"] == "command"
    alone = Picture(**{**vars(PLAIN), "edges": [edge for edge in PLAIN.edges if edge.start == "supplement"]})
    assert {trunk.end: trunk.kind for trunk in lay_out(alone).trunks}["end:withdrawn"] == "time"


@given(words)
def test_wrapping_loses_nothing_and_fits(text: str) -> None:
    got = wrapped(text, 12, 60)
    assert "".join("".join(got).split()) == "".join(text.split())
    assert all(width(line, 12) <= 60 for line in got)


def test_chinese_counts_twice_and_no_line_begins_with_a_stop() -> None:
    assert width("协商未果", 12) == 48
    assert width("ab", 12) < width("协商", 12)
    assert wrapped("协商未果，提请协调。", 12, 48) == ["协商未", "果，提请", "协调。"]
    assert wrapped("order the rectification", 12, 100) == ["order the", "rectification"]


def test_names_are_broken_between_names() -> None:
    assert wrapped_names(["同意延期", "申请延期"], "、", 12, 70, "可：") == ["可：", "同意延期、", "申请延期"]
    assert wrapped_names([" ", ""], "、", 12, 70, "可：") == []
