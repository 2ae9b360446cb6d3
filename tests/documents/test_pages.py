"""Every page as a whole: well-formed, alone in the world, printable, legible; and hostile text is only text."""

import base64
import hashlib
import re
from datetime import date, datetime

import pytest
from pydantic import ValidationError

from domain.calendar import CHINA
from domain.messages import Language, words
from domain.messages.days import day_text
from domain.messages.numerals import numeral
from domain.words import ProcedureName, Stage
from embedded.simulate.sandbox import Sandbox
from procedures.share_request.application import Application
from procedures.share_request.process import SHARE_REQUEST
from starter.case_files import kind_of
from starter.documents.dossier import Dossier
from starter.documents.notice import notices
from starter.documents.page import content_security_policy
from starter.documents.papers import listed, papers
from starter.documents.rules import rules
from starter.documents.wording import worded
from starter.scenarios import Scenario
from tests.documents.conftest import Dossiers, played
from tests.documents.reading import read

LANGUAGES: tuple[Language, ...] = ("zh", "en")
HAN = re.compile(r"[\u4e00-\u9fff]")
KINDS = (
    *("document", "document_kind", "notice", "next_step", "no_ground", "own_word", "paper", "finding"),
    *("application_field", "notice_field", "notice_word", "limit_length", "attachment"),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_well_formed_accessible_and_needs_nothing_from_elsewhere(
    language: Language, dossiers: Dossiers
) -> None:
    seen = 0
    for name, dossier in dossiers.items():
        for title, _, paper in papers(dossier):
            html = paper.html(language, "/v1/requests/some")
            page, where = read(html), f"{name} {title}"
            assert html.startswith("<!doctype html>\n"), where
            assert page.one("meta", charset="utf-8"), where
            assert page.one("title").text.startswith(paper.title(language)), where
            assert all("scope" in x.attributes for x in page.all("th")), where
            for table in page.all("table"):
                assert table.all("caption") or table.all("thead"), where
            attributes = {name for x in page.within for name in x.attributes}
            assert attributes <= {
                *("lang", "charset", "name", "content", "class", "scope", "href", "data-article", "data-paragraph")
            }, where
            style = page.one("style").text
            assert not re.search(r"url\(|@import|expression|//", style), where
            assert "size: A4" in style, where
            assert "@media print" in style, where
            assert not re.search(r"https?:|//", html.replace("</", "").replace("<!doctype", "")), where
            seen += 1
    assert seen > 300


def test_the_style_sheet_is_the_one_that_the_policy_allows(dossiers: Dossiers) -> None:
    (paper, *_) = papers(dossiers["yima-2021/adjudicated-grant"])
    style = re.search(r"<style>(.*?)</style>", paper[2].html("zh", "/"), re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = dict(part.split(" ", 1) for part in content_security_policy().split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == f"'sha256-{digest}'"
    assert "script-src" not in policy


def test_it_is_legible_without_colour(dossiers: Dossiers) -> None:
    (paper, *_) = papers(dossiers["yima-2021/adjudicated-grant"])
    style = read(paper[2].html("zh", "/")).one("style").text
    assert set(re.findall(r"#[0-9a-f]{3,6}|rgba?\([^)]*\)", style)) <= {"#000", "#fff"}


def test_papers_are_listed_in_order_with_their_articles(dossiers: Dossiers) -> None:
    dossier = dossiers["yima-2021/adjudicated-grant"]
    found = listed(dossier, "zh")
    assert (found[0].name, found[0].seq, found[0].kind) == ("application", None, "application")
    assert found[0].article == dossier.events[0].article == "15"
    seqs = [x.seq for x in found[1:]]
    assert seqs == sorted(set(seqs))
    for paper in found[1:]:
        event = dossier.events[paper.seq - 1]
        assert (paper.name, paper.article, paper.at) == (f"notice-{event.seq}", event.article, event.at)


# Hostile text


HOSTILE = (
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    '"\' onmouseover="alert(1)',
    "{requester} {0} %s {{7*7}} {% raw %} ${x}",
    "&lt;b&gt; &amp; &#x41;",
    "]]> <!-- --> <style>*{display:none}</style>",
    "مديرية الشؤون המדינית \u200f\u200e\u061c",
    "第一行\n第二行\t尾",
)
LONG = "数据" * 4_990 + "尾"


def _hostile(text: str) -> Scenario:
    at = "2026-09-{}T10:00:00+08:00"
    return kind_of(ProcedureName.SHARE_REQUEST, Scenario).model_validate(
        {
            "name": "hostile",
            "statute": "yima-2021",
            "filed_at": at.format(14),
            "request": {
                "requester": {"code": "R-1", "name": text[:180]},
                "provider": {"code": "P-1", "name": f"局{text}"[:180]},
                "resource": {"code": "X-1", "name": text[:180], "sharing_class": "conditional"},
                "purpose": text,
                "scope": text,
                "item_count": 1,
                "legal_basis": text,
                "justification": text,
                "documents": [{"name": text[:180]}],
            },
            "steps": [
                {
                    "at": at.format(15),
                    "by": "provider",
                    "do": "return_for_supplement",
                    "with": {"missing": [text, "乙"]},
                },
                {"at": at.format(16), "by": "requester", "do": "supplement", "with": {"scope": f"补{text[:9000]}"}},
                {"at": at.format(17), "by": "provider", "do": "refuse", "with": {"reason": text, "legal_basis": text}},
                {"at": at.format(18), "by": "requester", "do": "open_negotiation", "with": {"justification": text}},
                {
                    "at": at.format(19),
                    "by": "requester",
                    "do": "propose",
                    "with": {"terms": {"conditions": [text, "丙"]}},
                },
                {"at": at.format(20), "by": "provider", "do": "agree"},
            ],
        }
    )


@pytest.mark.parametrize("text", [*HOSTILE, LONG], ids=[*(str(i) for i in range(len(HOSTILE))), "long"])
async def test_hostile_text_is_only_text(text: str, ground: Sandbox) -> None:
    dossier = await played(ground, _hostile(text))
    wanted = " ".join(text[:180].split())
    kinds = set()
    for _, kind, paper in papers(dossier):
        for language in LANGUAGES:
            page = read(paper.html(language, '/v1/requests/"><script>'))
            assert wanted in page.one("main").text, kind
            assert [x.attributes["href"] for x in page.all("a")] == ['/v1/requests/"><script>'] * 2
        kinds.add(kind)
    assert {"application", "supplement_requested", "supplemented", "refused", "terms_proposed", "agreed"} <= kinds
    refused = next(x for x in notices(dossier) if x.rule.kind == "refused")
    page = read(refused.html("zh", "/"))
    assert " ".join(text.split()) in page.one("main").text
    # Whatever direction it is written in, it turns nothing around it.
    said = [x.text for x in page.all("bdi")]
    assert said.count(" ".join(text.split())) >= 2


@pytest.mark.parametrize("turning", ["\u202e", "\u202d", "\u2066", "\u2067"])
def test_text_that_turns_its_surroundings_is_refused_at_the_door(turning: str) -> None:
    with pytest.raises(ValidationError, match="turns the direction of writing"):
        Application.model_validate({"purpose": f"核验{turning}资格"})


# Wording


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_of_the_papers_is_there_in_both_languages(kind: str) -> None:
    for word, texts in words(kind).items():
        assert set(texts) == {"zh", "en"}, word
        assert not HAN.search(texts["en"]), word
        assert set(re.findall(r"{\w+}", texts["zh"])) >= set(re.findall(r"{\w+}", texts["en"])) or kind != "notice", (
            word
        )


def test_every_notice_has_its_words_and_no_word_is_left_over() -> None:
    kinds = {rule.kind for found in rules().events.values() for rule in found}
    for kind in ("document", "document_kind"):
        assert {word.partition(".")[0] for word in words(kind)} == kinds | {"application"}, kind
    assert {word.partition(".")[0] for word in words("notice")} == kinds
    assert {rule.word for rule in rules().next} | {"act", "act_until", "of_itself"} == set(words("next_step"))
    assert {rule.otherwise for found in rules().events.values() for rule in found} - {None} == set(words("no_ground"))


def test_what_comes_next_is_told_of_every_stage_of_the_share_request_and_of_no_other() -> None:
    told = {rule.when["stage"] for rule in rules().next}
    stages = {stage.value for stage in (*SHARE_REQUEST.process.open_stages, Stage.CLOSED)}
    assert told == stages, f"starter/documents/notices.yaml, next: check {', '.join(map(str, told ^ stages))}"


def test_titles_under_one_text_differ() -> None:
    kinds = [word for word in words("document_kind")]
    for statute in ("changshu-2019", "changzhou-2018", "cn-809-2025", "nantong-2020", "yima-2021", "zhejiang-2014"):
        for language in LANGUAGES:
            titles = [worded("document", kind, statute, language) for kind in kinds]
            assert len(set(titles)) == len(titles), (statute, language)


def test_a_local_text_under_the_national_one_keeps_its_own_words() -> None:
    assert worded("document", "accepted", "nantong-2020+809", "zh") == "受理意见回复书（予以受理）"
    assert worded("document", "accepted", "elsewhere-2030", "zh") == "受理通知书"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "一"),
        (9, "九"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (21, "二十一"),
        (99, "九十九"),
        (100, "一百"),
        (103, "一百零三"),
        (110, "一百一十"),
        (115, "一百一十五"),
        (250, "二百五十"),
        (999, "九百九十九"),
    ],
)
def test_articles_are_numbered_as_regulations_number_them(number: int, text: str) -> None:
    assert numeral(number) == text


def test_days_are_written_as_in_china() -> None:
    assert day_text(date(2026, 3, 5), "zh") == "2026年3月5日"
    assert day_text(date(2026, 3, 5), "en") == "5 March 2026"


async def test_an_act_late_in_the_evening_of_another_zone_has_its_day_in_china(ground: Sandbox) -> None:
    scenario = _hostile("核验").model_copy(update={"filed_at": datetime.fromisoformat("2026-09-14T17:30:00+00:00")})
    dossier: Dossier = await played(ground, scenario.model_copy(update={"steps": ()}))
    assert dossier.detail.filed_at.astimezone(CHINA).day == 15
    text = read(next(papers(dossier))[2].html("zh", "/")).text
    assert "2026年9月15日 01:30" in text
