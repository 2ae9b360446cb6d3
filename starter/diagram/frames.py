"""The frames of a picture: each stage with whom it waits for and its limits, each ending, the start.

Frames are built at the origin; the layout moves them to their place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from starter.diagram.picture import START, Box, End, Picture, done_here
from starter.diagram.shapes import Frame, Rect, Shape, Style, Text, block, names_block
from starter.diagram.wording import WORDING, Wording

STAGE_WIDTH = 320
END_WIDTH = 232
START_WIDTH = 96
PAD = 12

NAME = Style(size=15, line=21, bold=True)
END_NAME = Style(size=13, line=18, bold=True)
OTHER_NAME = Style(size=11, line=15, grey=True)
DETAIL = Style(size=12, line=18)
ARTICLE = Style(size=12, line=21)


@dataclass(frozen=True)
class FrameBody:
    """A frame before layout: its size and texts, relative to its upper left corner."""

    id: str
    shape: Shape
    width: int
    height: int
    texts: Sequence[Text]
    rule: int | None = None


def bodies_of(picture: Picture) -> Mapping[str, FrameBody]:
    """The body of every place, from top to bottom."""
    words = WORDING[picture.language]
    start = _pill(START, "start", START_WIDTH, words.start, None)
    stages = {box.id: _stage(picture, box, words) for box in picture.stages}
    return {START: start, **stages, **{end.id: _end(picture, end) for end in picture.ends}}


def placed(body: FrameBody, left: int, top: int, height: int) -> Frame:
    """A body at its place, in a frame that may be higher than needed; the rest of the height stays below the texts.

    The single name of an ending or of the start is centred vertically.
    """
    lower = 0 if body.shape == "stage" else (height - body.height) // 2
    texts = [replace(text, x=text.x + left, top=text.top + top + lower) for text in body.texts]
    area = Rect(left, top, left + body.width, top + height)
    return Frame(body.id, body.shape, area, texts, top + body.rule if body.rule is not None else None)


def _stage(picture: Picture, box: Box, words: Wording) -> FrameBody:
    head = list(_head(picture, box))
    below = max(text.top + text.height for text in head)
    rule = below + 5
    details: list[Text] = []
    top = rule + 5
    for text in _details(picture, box, words):
        details.append(replace(text, x=PAD, top=top))
        top += text.height
    if not details:
        return FrameBody(box.id, "stage", STAGE_WIDTH, below + 9, head)
    return FrameBody(box.id, "stage", STAGE_WIDTH, top + 8, [*head, *details], rule)


def _head(picture: Picture, box: Box) -> Iterator[Text]:
    room = STAGE_WIDTH - 2 * PAD
    if box.article:
        article = block(box.article, ARTICLE, room // 2, STAGE_WIDTH - PAD, 8, "end")
        room -= article.width + 8
        yield article
    own, other = _names(picture, box)
    name = block(own, NAME, room, PAD, 8)
    yield name
    if other:
        yield replace(block(other, OTHER_NAME, room, PAD, name.top + name.height), foreign=True)


def _details(picture: Picture, box: Box, words: Wording) -> Iterator[Text]:
    room = STAGE_WIDTH - 2 * PAD
    if box.waits_for:
        yield block(words.waits_for + box.waits_for, DETAIL, room)
    for limit in box.limits:
        yield block(words.limit + limit, DETAIL, room)
    here = names_block(done_here(picture, box), words.between, DETAIL, room, words.here)
    if here.lines:
        yield here


def _end(picture: Picture, end: End) -> FrameBody:
    own, other = _names(picture, end)
    return _pill(end.id, "end", END_WIDTH, own, other)


def _pill(id_: str, shape: Shape, wide: int, name: str, other: str | None) -> FrameBody:
    texts = [block(name, END_NAME, wide - 2 * PAD, wide // 2, 5, "middle")]
    if other:
        below = texts[0].top + texts[0].height
        texts.append(replace(block(other, OTHER_NAME, wide - 2 * PAD, wide // 2, below, "middle"), foreign=True))
    return FrameBody(id_, shape, wide, texts[-1].top + texts[-1].height + 6, texts)


def _names(picture: Picture, place: Box | End) -> tuple[str, str | None]:
    own, other = (place.zh, place.en) if picture.language == "zh" else (place.en, place.zh)
    return own, other if picture.bilingual else None
