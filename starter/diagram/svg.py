"""A picture as an SVG that stands by itself: no fonts, no scripts, no links, a white ground, black ink.

It says what it shows in words too (``title`` and ``desc``). The same picture gives the same bytes.
"""

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from domain.messages import Language
from starter.diagram.frames import PAD
from starter.diagram.layout import lay_out
from starter.diagram.picture import Kind, Picture
from starter.diagram.shapes import Frame, Layout, Point, Text
from starter.diagram.telling import told

INK, GREY, GROUND, SHADE = "#111111", "#4a4a4a", "#ffffff", "#f1f1f1"
FONTS = "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei','Noto Sans',Arial,sans-serif"
MARKED = ("4", "#dbe8fb")
"""The width of the line around the place that is marked, and its ground: seen also without colours."""
DASHES: Mapping[Kind, str] = {"command": "", "time": "6 4", "platform": "10 3 2 3"}
TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}
_UNWRITABLE = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""What no XML document can hold."""


def draw(picture: Picture, present: str | None = None) -> str:
    """The picture as the text of an SVG file, which ends with a line break; ``present`` is the place to be marked."""
    layout = lay_out(picture)
    contents = _contents(picture, layout, present)
    return "\n".join([*_opening(picture, layout), *_lines(layout), *contents, "</svg>"]) + "\n"


def _opening(picture: Picture, layout: Layout) -> Iterator[str]:
    # Several pictures may stand in one page: what their parts are called must differ.
    told_as = told(picture)
    name = f"diagram-{zlib.crc32(f'{picture.title}{told_as}'.encode('utf-8', 'replace')):08x}"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" lang="{TAGS[picture.language]}"'
        f' aria-labelledby="{name}-title" aria-describedby="{name}-desc"'
        f' width="{layout.width}" height="{layout.height}" viewBox="0 0 {layout.width} {layout.height}"'
        f' font-family="{FONTS}" fill="none" stroke-linejoin="round" stroke-linecap="round">'
    )
    yield f'<title id="{name}-title">{_escaped(picture.title)}</title>'
    yield f'<desc id="{name}-desc">{_escaped(told_as)}</desc>'
    yield f'<rect width="{layout.width}" height="{layout.height}" fill="{GROUND}"/>'


def _lines(layout: Layout) -> Iterator[str]:
    yield f'<g stroke="{INK}" stroke-width="1.2">'
    for trunk in layout.trunks:
        yield f'<path class="lane" data-end={_quoted(trunk.end)} {_path(trunk.points)}{_dashes(trunk.kind)}/>'
    for wire in layout.wires:
        ends = f"data-start={_quoted(wire.start)} data-end={_quoted(wire.end)}"
        yield f'<path class="{wire.kind}" {ends} {_path(wire.points)}{_dashes(wire.kind)}/>'
    for key in layout.legend:
        yield f'<path class="key" {_path(key.line)}{_dashes(key.kind)}/>'
    yield "</g>"
    yield f'<g fill="{INK}">'
    for trunk in layout.trunks:
        yield _head(trunk.points)
        yield from (f'<circle cx="{x}" cy="{y}" r="2.6"/>' for x, y in trunk.joins)
    yield from (_head(wire.points) for wire in layout.wires if wire.arrow)
    yield "</g>"


def _contents(picture: Picture, layout: Layout, present: str | None) -> Iterator[str]:
    yield f'<g stroke="{INK}">'
    for frame in layout.frames:
        yield _frame(frame, frame.id == present)
    yield "</g>"
    for text in layout.labels:
        yield from _text(text, picture.language)
    for frame in layout.frames:
        for text in frame.texts:
            yield from _text(text, picture.language)


def _frame(frame: Frame, marked: bool) -> str:
    area = frame.area
    high = area.bottom - area.top
    round_, stroke, fill = {
        "stage": (4, "1.4", GROUND),
        "end": (min(high // 2, 21), "2.2", GROUND),
        "start": (min(high // 2, 16), "1.4", SHADE),
    }[frame.shape]
    if marked:
        stroke, fill = MARKED
    now = ' data-present="true"' if marked else ""
    box = (
        f'<rect data-id={_quoted(frame.id)}{now} x="{area.left}" y="{area.top}" width="{area.right - area.left}"'
        f' height="{high}" rx="{round_}" stroke-width="{stroke}" fill="{fill}"/>'
    )
    if frame.rule is None:
        return box
    # Short of the border: it is no line that leaves the stage.
    return f'{box}<path d="M{area.left + PAD} {frame.rule}H{area.right - PAD}" stroke-width="0.8"/>'


def _text(text: Text, language: Language) -> Iterator[str]:
    weight = ' font-weight="700"' if text.style.bold else ""
    other: Language = "en" if language == "zh" else "zh"
    lang = f' lang="{TAGS[other]}"' if text.foreign else ""
    for number, line in enumerate(text.lines):
        yield (
            f'<text x="{text.x}" y="{text.baseline(number)}" font-size="{text.style.size}"{weight}{lang}'
            f' text-anchor="{text.anchor}" fill="{GREY if text.style.grey else INK}">{_escaped(line)}</text>'
        )


def _path(points: Sequence[Point]) -> str:
    return 'd="M' + "L".join(f"{x} {y}" for x, y in points) + '"'


def _dashes(kind: Kind) -> str:
    return f' stroke-dasharray="{DASHES[kind]}" stroke-linecap="butt"' if DASHES[kind] else ""


def _head(points: Sequence[Point]) -> str:
    """The head of an arrow where a line ends; lines run straight along x or y."""
    (before_x, before_y), (x, y) = points[-2], points[-1]
    if before_x == x:
        back = y - 9 if before_y < y else y + 9
        return f'<path d="M{x} {y}L{x - 4} {back}L{x + 4} {back}Z"/>'
    back = x - 9 if before_x < x else x + 9
    return f'<path d="M{x} {y}L{back} {y - 4}L{back} {y + 4}Z"/>'


def _escaped(text: str) -> str:
    return escape(_UNWRITABLE.sub("\ufffd", text))


def _quoted(text: str) -> str:
    return quoteattr(_UNWRITABLE.sub("\ufffd", text))
