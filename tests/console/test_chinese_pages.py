"""Pages in Chinese say nothing in English or in code: each is walked over for words of letters outside of ids, for days
as records keep them, and for texts by their ids."""

import re
from collections.abc import Collection, Iterator, Sequence
from html.parser import HTMLParser
from typing import Final

import httpx
import pytest

from console.case_story import event_told
from console.said import said_lines
from domain.messages.articles import article_text
from domain.statutes.loader import packaged_statutes
from domain.words import Role
from tests.api.callers import Bearer, People
from tests.browser.places import filled, pages
from tests.browser.test_walk import WHO
from tests.console.conftest import Enter, Person
from tests.plays import FILES, on_paper

SKIPPED: Final = frozenset({"bdi", "code", "pre", "script", "style", "textarea", "svg", "blockquote", "option"})
"""Of these ``bdi`` has what people and other programs wrote, as they wrote it."""
VOID: Final = frozenset({"br", "input", "link", "meta", "img", "hr", "rect", "line", "circle", "path", "text"})
TOKEN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./:+@-]*")
WORD: Final = re.compile(r"[A-Za-z][a-z]*(?:_[a-z]+)*[.:]?")
CODE: Final = rf"(?<![\w/+@-])(?:[a-z]+(?:_[a-z]+)+|[a-z]+:(?:{'|'.join(Role)}))(?![\w/+@-])"
"""What stands within a path or the name of somebody who signs in is none."""
KEPT: Final = re.compile(rf"¶|(?<!（)\b\d{{4}}-\d{{2}}-\d{{2}}\b|\b(?:{'|'.join(packaged_statutes())})\b|{CODE}")
"""What a record keeps; the day in the name of a duty stands there as it was recorded, in brackets."""
ALONE: Final = re.compile(r"[a-z]+(?:[_:][a-z]+)*")
PLACES: Final = frozenset({"jiangsu", "sanmenxia"})
"""What a provider said is above both sides: whatever people call it there."""
ENOUGH: Final = 300
KNOWN: Final = frozenset({"shareflow", "English", "zip", "xlsx", "csv", "Temporal", "SHA", "http"})
"""Names of things that have no other."""


class Texts(HTMLParser):
    """What a page says outside of ids, quotes and other languages."""

    def __init__(self, skipped: Collection[str] = SKIPPED) -> None:
        super().__init__()
        self.said: list[str] = []
        self._skipped = skipped
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        named = dict(attrs)
        apart = (
            tag in self._skipped
            or named.get("lang") == "en"
            or bool({"code", "org", "own"} & set((named.get("class") or "").split()))
        )
        self._open.append(apart or (bool(self._open) and self._open[-1]))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not (self._open and self._open[-1]):
            self.said.append(data)


def english_in(page: str) -> Iterator[str]:
    """The words of letters that a page says, each with what stands around it."""
    texts = Texts()
    texts.feed(page)
    for said in texts.said:
        for found in TOKEN.findall(said):
            if len(found) > 2 and WORD.fullmatch(found) and found not in KNOWN:
                yield f"{found} in {' '.join(said.split())[:80]}"


def codes_in(page: str) -> Iterator[str]:
    """What a page says as records keep it, each with what stands around it."""
    texts = Texts(SKIPPED - {"bdi", "option"})
    texts.feed(page)
    for said in texts.said:
        yield from (f"{found} in {' '.join(said.split())[:80]}" for found in KEPT.findall(said))


@pytest.fixture(scope="module")
async def filed(api: httpx.AsyncClient, bearer: Bearer) -> str:
    return await People(api, bearer).file()


@pytest.fixture(scope="module")
async def readers(enter: Enter) -> Sequence[Person]:
    """Everybody who opens pages."""
    return [await enter(role, org) for role, org in WHO]


@pytest.mark.parametrize("path", pages())
async def test_a_page_in_chinese_has_no_english_in_it(path: str, readers: Sequence[Person], filed: str) -> None:
    for reader in readers:
        answer = await reader.get(filled(path, filed))
        if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
            assert sorted({*english_in(answer.text), *codes_in(answer.text)}) == []


def test_english_is_found() -> None:
    assert list(english_in("<p>第 2 步 step <code>x step</code>：late_answer</p>")) == [
        "step in 第 2 步 step",
        "late_answer in ：late_answer",
    ]


def test_codes_are_found() -> None:
    page = (
        "<td><bdi>2026-03-05</bdi> nantong-2020 第21条 <span class='code'>cn-809-2025</span></td><bdi>law_changed</bdi>"
    )
    page += "<bdi>bureau+leading_group+auditor@113</bdi>"
    found = [each.partition(" ")[0] for each in codes_in(f"{page}<bdi>nantong:bureau</bdi>")]
    assert found == ["2026-03-05", "nantong-2020", "law_changed", "nantong:bureau"]


def test_what_is_said_in_any_procedure_is_told_in_words() -> None:
    told = list[tuple[str, str]]()
    for play in map(on_paper, FILES[::3]):
        if play.paper is not None:
            said = (event_told(event, play.paper.case, None, "zh")["said"] for event in play.paper.events)
            told += (line for lines in said for line in lines)
    assert len(told) > ENOUGH
    codes = {
        (name, value)
        for name, value in told
        if ALONE.search(name) or ALONE.fullmatch(value.partition("：")[2] or value)
    }
    assert {each for each in codes if each[1] not in PLACES} == set()


def test_what_a_case_follows_from_has_a_name() -> None:
    said = {"opened_by": "NANTONG-1", "matters_continue": True, "about": "2025", "trigger": "law_changed"}
    text = packaged_statutes()["nantong-2020"]
    assert dict(said_lines({**said, "duty": "catalogue_survey", "provider": "nantong:bureau"}, "zh", text)) == {
        "来源事项": "NANTONG-1",
        "群众办事照常办理": "是",
        "所涉年度": "2025",
        "更新起因": "法律法规变化",
        "定期工作": "目录全面普查",
        "提供部门": "主管部门",
    }


@pytest.mark.parametrize(
    ("part", "zh", "en"),
    [
        ("28", "第28条", "art. 28"),
        ("19¶3", "第19条第3款", "art. 19 para. 3"),
        ("11(二)", "第11条第（二）项", "art. 11 item (二)"),
        ("附则", "第附则条", "art. 附则"),
    ],
)
def test_a_part_of_a_text_is_named_as_people_cite_it(part: str, zh: str, en: str) -> None:
    assert (article_text(part, "zh"), article_text(part, "en")) == (zh, en)


def test_what_a_text_lists_is_told_by_its_name_there() -> None:
    text = packaged_statutes()["cn-809-2025"]
    assert dict(said_lines({"ground": "late_answer"}, "zh", text)) == {"事由": "未按时答复或共享"}
