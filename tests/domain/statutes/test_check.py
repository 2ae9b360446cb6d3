"""Quotes against sources: on a small text everywhere, on the real sources where they are at hand."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from domain.statutes import check
from domain.statutes.check import (
    check_all,
    check_amounts,
    check_quotes,
)
from domain.statutes.clauses import clauses
from domain.statutes.loader import get_statute, load_statute, packaged_above, packaged_statutes, packaged_texts
from domain.statutes.model import Statute
from domain.statutes.source_text import articles, articles_of, chinese_number

OWN = {id_: statute for id_, statute in packaged_statutes().items() if "+" not in id_}
"""The texts that stand in files of their own."""

SOURCE = """附则 第三条 before the text
第一条至第九条之中的各条。

第一章 总则
**第一条**  第一句在这里，第二句被
分页打断。

第二条[标题]
第一款：
（一）第一项；
（二）第二项。
第二款，按照本办法
第一条规定办理。
# 第二章 分则
第十二条（一）不是标题。
抄送：某某部门
"""


def test_source_is_split_into_articles_and_paragraphs() -> None:
    assert articles(SOURCE) == {
        1: ("  第一句在这里，第二句被分页打断。",),
        2: ("第一款：（一）第一项；（二）第二项。", "第二款，按照本办法第一条规定办理。"),
        12: ("（一）不是标题。",),
    }


@pytest.mark.parametrize(
    ("words", "value"),
    [("一", 1), ("十", 10), ("十九", 19), ("二十", 20), ("四十四", 44), ("一百零三", 103), ("二百一十", 210)],
)
def test_chinese_number(words: str, value: int) -> None:
    assert chinese_number(words) == value


def numerals(number: int) -> str:
    """A number below one hundred in Chinese numerals."""
    ones = "零一二三四五六七八九"
    tens, rest = divmod(number, 10)
    return ("" if tens < 2 else ones[tens]) + ("十" if tens else "") + (ones[rest] if rest else "")


def synthetic_source(statute: Statute) -> str:
    """A source that says exactly what the statute quotes, each paragraph on its line."""
    wanted: dict[int, dict[int, str]] = {}
    for _, clause in clauses(statute):
        if clause.statute is not None:
            continue  # stands in another source
        paragraphs = wanted.setdefault(int(clause.article), {})
        place = clause.paragraph or 1
        paragraphs[place] = paragraphs.get(place, "") + clause.quote + "，"
    text = ""
    for number, paragraphs in sorted(wanted.items()):
        lines = [paragraphs.get(x, "另有规定") + "完。" for x in range(1, max(paragraphs) + 1)]
        text += f"第{numerals(number)}条 " + "\n\n".join(lines) + "\n"
    return text


def spread(source: str, files: Sequence[str]) -> dict[str, str]:
    """The articles of a source, dealt out to several files, each with the beginning of a file of its own."""
    blocks = re.split(r"^(?=第[^ ]+条 )", source, flags=re.MULTILINE)
    return {name: f"条例\n{''.join(blocks[place :: len(files)])}" for place, name in enumerate(files)}


def test_articles_of_several_files_are_those_of_one_text() -> None:
    source = synthetic_source(get_statute("cn-809-2025"))
    assert articles_of(spread(source, "abc").values()) == articles(source)


def test_an_excerpt_may_have_one_paragraph_of_an_article_alone() -> None:
    one = "第三条 第一款在此。\n\n第五条 另有规定。\n"
    other = "第二条 在先。\n第三条第二款 第二款在彼。\n第三条第二款规定的，从其规定。\n"
    assert articles(other)[3] == ("", " 第二款在彼。", "第三条第二款规定的，从其规定。")
    found = articles_of([one, other])
    assert found[3][:2] == (" 第一款在此。", " 第二款在彼。")
    assert list(found) == [2, 3, 5]


@pytest.mark.parametrize("statute_id", list(packaged_statutes()))
def test_a_statute_fits_a_source_that_says_what_it_quotes(statute_id: str) -> None:
    statute = get_statute(statute_id)
    source = synthetic_source(statute)
    assert check_quotes(statute, source) == []
    # A page that breaks inside a sentence changes nothing.
    assert check_quotes(statute, source.replace("工作日", "工\n\n作日")) == []


def changshu(old: str, new: str) -> Statute:
    text = dict(packaged_texts())["changshu-2019.yaml"]
    assert old in text
    return load_statute(text.replace(old, new, 1), "changshu-2019.yaml")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("quote: 必要时由领导小组", "quote: 必要时可由领导小组", "last.clause quotes “必要时可由领导小组协调解决”"),
        ("quote: 由使用部门与提供部门", "quote: 由使用部门和提供部门", "negotiation.clause quotes"),
        ('{article: "12", paragraph: 1', '{article: "4", paragraph: 1', "which article 4 does not say"),
        ('{article: "12", paragraph: 1', '{article: "99", paragraph: 1', "article 99, which the source does not"),
        ('{article: "9", paragraph: 2', '{article: "9", paragraph: 3', "does not say in paragraph 3"),
        ('{article: "9", paragraph: 2', '{article: "9", paragraph: 9', "does not say in paragraph 9"),
        ('{article: "9", paragraph: 2', '{article: "9"', "must name the paragraph: article 9 has 4"),
    ],
)
def test_a_planted_mistake_is_found_alone(old: str, new: str, found: str) -> None:
    source = synthetic_source(get_statute("changshu-2019"))
    problems = check_quotes(changshu(old, new), source)
    assert len(problems) == 1
    assert problems[0].startswith("changshu-2019: ")
    assert found in problems[0]


def test_a_changed_source_is_found() -> None:
    statute = get_statute("cn-809-2025")
    source = synthetic_source(statute).replace("不得超过10个工作日", "不得超过15个工作日")
    assert [x.split(" quotes")[0] for x in check_quotes(statute, source)] == ["cn-809-2025: extension.clause"]


def test_blanks_inside_a_sentence_count() -> None:
    statute = get_statute("changzhou-2018")
    source = synthetic_source(statute).replace("由领导小组 协调解决", "由领导小组协调解决")
    assert [x.split(" quotes")[0] for x in check_quotes(statute, source)] == [
        "changzhou-2018: coordination.provincial.clause"
    ]


@pytest.mark.parametrize("statute_id", list(packaged_statutes()))
def test_every_limit_is_the_number_that_its_quote_states(statute_id: str) -> None:
    assert check_amounts(get_statute(statute_id)) == []


def test_a_limit_other_than_its_quote_is_found() -> None:
    assert "limits[0].amount is 15 working_day" in check_amounts(changshu("amount: 5", "amount: 15"))[0]
    assert "limits[0].amount is 5 month" in check_amounts(changshu("unit: working_day", "unit: month"))[0]


def test_without_sources_only_the_form_is_checked() -> None:
    assert check_all() == []


def test_a_wrong_packaged_file_is_reported_and_the_others_are_still_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = dict(packaged_texts())
    texts["changshu-2019.yaml"] = "id: changshu-2019\n"
    texts["yima-2021.yaml"] = texts["yima-2021.yaml"].replace("amount: 5", "amount: 6")
    monkeypatch.setattr(check, "packaged_texts", lambda: iter(texts.items()))
    problems = check_all()
    assert [x.split(":")[0] for x in problems] == ["changshu-2019.yaml, line 1", "yima-2021"]


def test_a_named_folder_without_sources_is_noticed(tmp_path: Path) -> None:
    problems = check_all(tmp_path / "nowhere")
    assert len(problems) == sum(len(text.sources) for text in OWN.values())
    assert all(" is not in " in x for x in problems)


def test_a_source_that_comes_with_the_product_is_checked_wherever_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_all() == []
    monkeypatch.setattr(check, "packaged_source", lambda _: "第三十三条 没有别的。")
    assert {x.split(":")[0] for x in check_all()} >= set(packaged_above())


def test_a_named_folder_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for statute in OWN.values():
        for name, text in spread(synthetic_source(statute), statute.sources).items():
            (folder / name).write_text(text, encoding="utf-8")
    assert check_all(folder) == []
    (folder / get_statute("yima-2021").source).write_bytes(b"\xff\xfe")
    (folder / get_statute("nantong-2020").source).write_text("第一条 没有别的。", encoding="utf-8")
    (folder / get_statute("cn-809-2025").further_sources[0]).write_text("第一条 没有别的。", encoding="utf-8")
    ids = [x.split(":")[0] for x in check_all(folder)]
    assert set(ids) == {"cn-809-2025", "nantong-2020", "yima-2021"}
    assert ids.count("yima-2021") == 1


SOURCES = Path(os.environ["SHAREFLOW_SOURCES"]) if os.environ.get("SHAREFLOW_SOURCES") else None
needs_sources = pytest.mark.skipif(SOURCES is None, reason="SHAREFLOW_SOURCES names no folder of source texts")


@needs_sources
def test_the_packaged_statutes_say_what_their_sources_say() -> None:
    assert check_all(SOURCES) == []
