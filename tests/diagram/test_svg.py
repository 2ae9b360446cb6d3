"""The file: well-formed and the same every time, every line once, every word as it was said and nothing run by it."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given

from starter.diagram import Arrow, Box, End, Opening, Picture, PictureError, draw
from tests.diagram.pictures import PLAIN, pictures

SVG = "{http://www.w3.org/2000/svg}"


def read(text: str) -> ElementTree.Element:
    """The document, as any reader of XML finds it: from its bytes."""
    return ElementTree.fromstring(text.encode("utf-8"))


def written(root: ElementTree.Element) -> list[str]:
    """Every line of text in the picture."""
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def clean(text: str) -> str:
    """As an XML document can hold it."""
    return "".join(c if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") else "\ufffd" for c in text)


@given(pictures())
def test_every_edge_is_drawn_once(picture: Picture) -> None:
    root = read(draw(picture))
    kinds = ("command", "time", "platform")
    drawn = [path for path in root.iter(f"{SVG}path") if path.get("class") in kinds]
    found = Counter((path.get("data-start"), path.get("data-end"), path.get("class")) for path in drawn)
    wanted = {(a.start, a.end, a.kind) for a in picture.edges if a.start != a.end}
    wanted |= {("", opening.end, "command") for opening in picture.opens}
    assert sum(found.values()) == len(wanted)
    # Names that differ only in what no document can hold look alike in it.
    assert set(found) == {(clean(start), clean(end), kind) for start, end, kind in wanted}


@given(pictures())
def test_it_is_the_same_every_time(picture: Picture) -> None:
    assert draw(picture) == draw(replace(picture, edges=list(picture.edges)))


def test_it_is_the_same_in_every_process() -> None:
    script = "import sys; from starter.diagram import draw; from tests.diagram.pictures import PLAIN\n"
    script += "sys.stdout.buffer.write(draw(PLAIN).encode())"
    for seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            check=True,
        )
        assert told.stdout == draw(PLAIN).encode()


@given(pictures())
def test_it_stands_by_itself(picture: Picture) -> None:
    text = draw(picture)
    root = read(text)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "g", "rect", "path", "circle", "text")
    }
    names = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in names if name.startswith("on") or name in ("href", "style", "src")}
    assert text.endswith("</svg>\n")


def test_what_is_said_is_escaped() -> None:
    hostile = "<script>alert(1)</script> & \"'"
    box = Box('a"><script/>', hostile, hostile, hostile, [hostile], hostile, [hostile])
    picture = Picture(hostile, hostile, [box], [End("e", hostile, "e")], [Arrow(box.id, "e", [hostile])], [], "en")
    root = read(draw(picture))
    assert not list(root.iter(f"{SVG}script"))
    assert root.findtext(f"{SVG}title") == hostile
    assert [rect.get("data-id") for rect in root.iter(f"{SVG}rect")] == [None, "", 'a"><script/>', "e"]
    assert hostile in " ".join(written(root))


def test_what_no_document_can_hold_is_replaced() -> None:
    picture = replace(PLAIN, title="a\x00b\ud800c\ufffed")
    assert read(draw(picture)).findtext(f"{SVG}title") == "a\ufffdb\ufffdc\ufffdd"


def test_those_who_do_not_see_it_are_told_all_of_it() -> None:
    root = read(draw(PLAIN))
    title, desc = root[0], root[1]
    assert (root.get("role"), root.get("lang")) == ("img", "zh-CN")
    assert (root.get("aria-labelledby"), root.get("aria-describedby")) == (title.get("id"), desc.get("id"))
    assert title.text == "共享申请流程图"
    assert (desc.text or "").split("。") == [
        "《南通市政务信息资源共享实施细则》",
        "开始：转入 规范性审查",
        "开始：无条件共享 转入 同意共享",
        "规范性审查：第21条；办理主体：市大数据管理局；时限：1 个工作日 · 第21条；"
        "退回补正 转入 补正；受理 转入 待答复；撤回 转入 撤回",
        "补正：办理主体：使用部门；补正 转入 规范性审查；补正时限届满 (不需任何人办理) 转入 撤回",
        "待答复：第22条；办理主体：提供部门；时限：10 个工作日 · 第22条；本阶段可办：督办、申请延期；"
        "同意共享、同意方案 转入 同意共享",
        "结果：同意共享、撤回",
        "以条文为准",
        "",
    ]


def test_the_pictures_of_one_page_have_ids_of_their_own() -> None:
    ids = {read(draw(replace(PLAIN, language=language)))[0].get("id") for language in ("zh", "en")}
    assert len(ids) == 2


def test_names_on_one_edge_are_put_together_and_those_that_stay_are_in_the_box() -> None:
    said = written(read(draw(PLAIN)))
    assert "同意共享、同意方案" in said
    assert "本阶段可办：督办、申请延期" in said
    assert "申请延期" not in said


def test_time_is_dashed_and_told_without_colour() -> None:
    root = read(draw(PLAIN))
    dashed = {path.get("class") for path in root.iter(f"{SVG}path") if path.get("stroke-dasharray")}
    assert dashed == {"time", "key"}
    ground = next(root.iter(f"{SVG}rect"))
    assert ground.attrib == {"width": root.get("width"), "height": root.get("height"), "fill": "#ffffff"}
    colours = {element.get(name) for element in root.iter() for name in ("fill", "stroke")} - {None, "none"}
    assert all(colour and colour[1:3] == colour[3:5] == colour[5:7] for colour in colours), colours


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"stages": []}, "The picture has no stage."),
        ({"ends": [End("check", "同意", "granted")]}, "check stands in the picture twice."),
        ({"ends": [End("", "同意", "granted")]}, "A stage or an ending has no name."),
        ({"edges": [Arrow("nowhere", "check")]}, "An arrow leaves from nowhere, which is no stage of the picture."),
        (
            {"edges": [Arrow("end:granted", "check")]},
            "An arrow leaves from end:granted, which is no stage of the picture.",
        ),
        ({"edges": [Arrow("check", "nowhere")]}, "An arrow leads to nowhere, which is not in the picture."),
        ({"opens": [Opening("nowhere")]}, "An arrow leads to nowhere, which is not in the picture."),
    ],
)
def test_what_cannot_be_drawn_is_told(changed: dict[str, object], told: str) -> None:
    with pytest.raises(PictureError) as error:
        replace(PLAIN, **changed)  # type: ignore[arg-type]
    assert str(error.value) == told
