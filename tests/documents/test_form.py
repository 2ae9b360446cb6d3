"""The application form: all that was filed, what a supplement changed beside it, and the article under each text."""

from datetime import timedelta

import pytest

from domain.words import EventType
from starter.documents.dossier import Dossier
from starter.documents.form import ApplicationForm
from tests.documents.conftest import Dossiers
from tests.documents.reading import Element, limits, read, rows
from tests.documents.scenarios import PLAYED

LINK = "/v1/requests/some"


def form(dossier: Dossier) -> Element:
    return read(ApplicationForm(dossier).html("zh", LINK))


GROUNDS = {
    "changshu-2019/leading-group-grants": ("政务信息资源共享申请表", ["19", "5"]),
    "changzhou-2018/coordination-agreed": ("政务信息资源共享申请表", ["17", "4"]),
    "cn-809-2025/government-grants": ("政务数据共享申请表", ["21", "20"]),
    "nantong-2020/refused-late-then-impasse": ("政务信息资源使用申请表", ["18", "20", "20"]),
    "yima-2021/adjudicated-grant": ("政务信息资源共享需求申请表", ["15", "15"]),
    "zhejiang-2014/government-grants": ("共享信息使用申请表", ["26", "26"]),
    "nantong-2020/granted-conditions-disputed": ("政务信息资源使用申请表", ["27", "20", "20"]),
}


@pytest.mark.parametrize("name", GROUNDS)
def test_every_text_has_the_form_with_the_articles_under_which_one_applies(name: str, dossiers: Dossiers) -> None:
    page = form(dossiers[name])
    title, articles = GROUNDS[name]
    assert page.one("h1").text == title
    assert "申请表（系统生成）" in page.one("header").text
    assert page.one("p", class_="back").one("a").attributes["href"] == LINK
    assert "由系统" in page.one("p", class_="opening").text
    ground = page.one("section", class_="ground")
    assert [x.attributes["data-article"] for x in ground.all("cite")] == articles
    assert all(x.text for x in ground.all("q"))
    assert len(ground.all("q")) == len(articles)


def test_yima_cites_article_15_for_the_generated_form(dossiers: Dossiers) -> None:
    ground = form(dossiers["yima-2021/refusal-needs-basis"]).one("section", class_="ground")
    assert "第十五条第三款" in ground.text
    assert "说明共享范围、共享用途、申请信息资源项数等内容" in ground.text


@pytest.mark.parametrize("statute", PLAYED)
def test_all_that_was_filed_stands_in_it(statute: str, dossiers: Dossiers) -> None:
    for name, dossier in dossiers.items():
        if not name.startswith(f"{statute}/"):
            continue
        told, filed = form(dossier).one("main").text, dossier.detail.application
        for party in ("requester", "provider", "resource"):
            assert filed[party]["code"] in told, name
            assert filed[party]["name"] in told, name
        for field in ("purpose", "scope", "item_count", "legal_basis", "justification", "disputes_grant"):
            assert str(filed.get(field, "")) in told, (name, field)
        for paper in filed.get("documents", ()):
            assert paper["name"] in told, name
            assert paper.get("sha256", "") in told, name
        assert dossier.events[0].digest in told, name
        assert f"{dossier.detail.request_id}-1" in told, name


def test_a_supplement_is_shown_as_a_change_and_what_was_filed_stays(dossiers: Dossiers) -> None:
    dossier = dossiers["yima-2021/supplement-changes-item-count"]
    page = form(dossier)
    (supplement,) = [x for x in dossier.events if x.type is EventType.SUPPLEMENTED]
    row = next(x for x in page.all("tr") if x.all("th") and x.all("th")[0].text == "信息项数")
    filed, changed = row.all("td")
    assert filed.text == str(dossier.detail.application["item_count"])
    assert changed.one("ins").text == str(supplement.data["changed"]["item_count"])
    assert f"台账第{supplement.seq}号" in changed.text
    untouched = next(x for x in page.all("tr") if x.all("th") and x.all("th")[0].text == "用途")
    assert [x.text for x in untouched.all("td")] == [dossier.detail.application["purpose"], "未变更"]


def test_papers_handed_in_later_are_told_from_those_of_the_filing(dossiers: Dossiers) -> None:
    dossier = dossiers["nantong-2020/unsealed-returned-and-supplemented"]
    page = form(dossier)
    papers = [
        [x.text for x in row.all("td")]
        for row in page.all("tr")
        if row.all("th", scope="row") and row.all("th")[0].text.startswith("申请表.")
    ]
    assert [(row[2], row[3]) for row in papers] == [("否", "申请时"), ("是", "2020年10月9日补正（台账第7号）")]
    assert "规范性审查要点：未见加盖印章的材料" in page.text
    assert "加盖印章的申请表扫描件" in rows(page)["2020年9月27日一次性告知需要补充（台账第3号）"]


def test_without_a_supplement_there_is_no_column_for_one(dossiers: Dossiers) -> None:
    heads = [x.text for x in form(dossiers["nantong-2020/declined-with-reason"]).all("th", scope="col")]
    assert "申请时填写" in heads
    assert "补正后" not in heads


def test_the_form_shows_the_limit_that_the_filing_started(dossiers: Dossiers) -> None:
    (limit,) = limits(form(dossiers["changshu-2019/supplement-by-provider"]))
    assert limit.all("td")[1].text == "5个工作日"
    assert limit.all("td")[-1].text.startswith(
        "法定时限：《常熟市政务信息资源共享管理暂行办法》（常政发〔2019〕21号）第十九条第三款"
    )
    assert not limits(form(dossiers["changshu-2019/unconditional-granted-on-filing"]))


def test_the_form_changes_with_a_supplement_alone(dossiers: Dossiers) -> None:
    for name, dossier in dossiers.items():
        asked = (EventType.SUPPLEMENT_REQUESTED, EventType.SUPPLEMENTED)
        about = [x for x in dossier.events if x.type in asked]
        end = about[-1].seq if about else 1
        moment = dossier.events[end - 1].at + timedelta(0)
        while end < len(dossier.events) and dossier.events[end].at == moment:
            end += 1
        then = Dossier(dossier.detail, dossier.events[:end])
        assert ApplicationForm(then).html("zh", LINK) == ApplicationForm(dossier).html("zh", LINK), name
