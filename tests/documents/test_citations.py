"""What a notice cites: the article, the words of the text as it stood, the right one of several clauses."""

import json

import pytest

from domain.messages.numerals import numeral
from domain.rule_texts import KNOWN
from tests.documents.conftest import Dossiers
from tests.documents.shown import LANGUAGES, every, first, shown


def test_the_article_of_every_event_is_cited_with_the_words_of_the_text_as_it_stood(dossiers: Dossiers) -> None:
    for where, notice in every(dossiers):
        for language in LANGUAGES:
            ground = shown(notice, language).one("section", class_="ground")
            if notice.event.article is None:
                assert not ground.all("cite"), where
                assert ground.one("p").text, where
                continue
            cited, quoted = ground.one("cite"), ground.one("q", lang="zh-CN").text
            statute = KNOWN.text(notice.dossier.detail.statute_digest).body
            regulation = statute.get("regulations", {}).get(notice.event.statute, statute)
            assert cited.attributes["data-article"] == notice.event.article, where
            assert regulation["title"][language] in cited.text, where
            assert (regulation.get("document") or "") in cited.text, where
            place = f"第{numeral(int(notice.event.article))}条" if language == "zh" else f"art. {notice.event.article}"
            assert place in cited.text, where
            assert json.dumps(quoted, ensure_ascii=False) in json.dumps(statute, ensure_ascii=False), where


QUOTES = [
    ("nantong-2020/declined-with-reason", "declined", "第二十一条", "不予受理的,应当说明理由"),
    ("nantong-2020/conditional-authorized-by-platform-refused", "refused", "第二十三条", "不予授权的,应说明具体理由"),
    ("nantong-2020/refused-late-then-impasse", "refused", "第二十二条", "不予授权的,应说明具体理由"),
    ("nantong-2020/refused-late-then-impasse", "accepted", "第二十一条", "市大数据管理局应于1个工作日内"),
    ("nantong-2020/platform-authorization-last-second", "granted", "第二十三条", "应在接到受理申请后的2个工作日内"),
    ("nantong-2020/three-parties-must-all-agree", "agreed", "第二十七条", "市大数据管理局协商解决"),
    ("yima-2021/refusal-needs-basis", "refused", "第十五条第三款", "不予共享的提供部门应当说明理由并提供依据"),
    ("yima-2021/adjudicated-grant", "adjudicated", "第十六条", "争议问题进行评判与协调"),
    ("yima-2021/adjudicated-grant", "granted_as_decided", "第十六条", "争议问题进行评判与协调"),
    ("yima-2021/adjudicated-grant", "coordination_referred", "第十五条第四款", "义马市政务服务和大数据管理局协调解决"),
    ("changshu-2019/leading-group-grants", "decided", "第十九条第四款", "必要时由领导小组协调解决"),
    ("changshu-2019/leading-group-grants", "refused", "第十九条第三款", "对不同意共享的，提供部门应说明理由"),
    ("changshu-2019/unconditional-granted-on-filing", "registered", "第十九条第二款", "通过共享平台登记后直接获取"),
    (
        "changzhou-2018/provincial-leading-group-returns",
        "coordination_referred",
        "第十七条第一款",
        "涉及省有关部门的由领导小组",
    ),
    ("zhejiang-2014/government-grants", "decided", "第五条第一款", "协调解决和信息共享有关的重大问题"),
    ("zhejiang-2014/negotiation-skipped", "refused", "第二十六条第三款", "信息提供单位应说明理由"),
    (
        "cn-809-2025/extension-in-two-parts",
        "extension_approved",
        "第二十一条第一款",
        "延长的期限最长不得超过10个工作日",
    ),
    (
        "cn-809-2025/decline-not-allowed-then-supplement",
        "supplement_requested",
        "第二十一条第二款",
        "一次性告知其需要补充的材料",
    ),
    (
        "cn-809-2025/cross-level-common-superior",
        "coordination_referred",
        "第二十八条第二款",
        "由共同的上级政务数据共享主管部门协调处理",
    ),
    ("cn-809-2025/government-grants", "decided", "第二十八条第二款", "报政务数据共享主管部门的本级人民政府决定"),
    (
        "cn-809-2025/negotiation-agreed-then-delivered",
        "delivered",
        "第二十二条第一款",
        "自作出同意共享的答复之日起20个工作日内",
    ),
    (
        "nantong-2020+809/unconditional-platform-last-second",
        "granted",
        "《政务数据共享条例》（国务院令第809号）第二十一条第一款",
        "1个工作日内作出答复",
    ),
    (
        "nantong-2020+809/unconditional-platform-last-second",
        "accepted",
        "《南通市政务信息资源共享实施细则》（通政办发〔2020〕12号）第二十一条",
        "1个工作日内完成政务信息资源申请材料的规范性审查",
    ),
    (
        "nantong-2020+809/decline-not-allowed-then-supplement",
        "supplement_requested",
        "《政务数据共享条例》（国务院令第809号）第二十一条第二款",
        "一次性告知其需要补充的材料",
    ),
    (
        "nantong-2020+809/refused-with-basis-to-the-government",
        "refused",
        "《江苏省数据条例》第三十三条第二款",
        "应当提供依据并说明理由",
    ),
    (
        "nantong-2020+809/refused-with-basis-to-the-government",
        "negotiation_opened",
        "《南通市政务信息资源共享实施细则》（通政办发〔2020〕12号）第二十七条",
        "市大数据管理局协商解决",
    ),
    (
        "changzhou-2018+809/provincial-to-the-common-superior",
        "coordination_referred",
        "《政务数据共享条例》（国务院令第809号）第二十八条第二款",
        "由共同的上级政务数据共享主管部门协调处理",
    ),
    (
        "zhejiang-2014+809/government-decides-last",
        "coordination_referred",
        "《浙江政务服务网信息资源共享管理暂行办法》第二十六条第三款",
        "由省政府办公厅进行协调",
    ),
]


@pytest.mark.parametrize(("name", "kind", "place", "words"), QUOTES)
def test_the_right_one_of_an_articles_clauses_is_quoted(
    name: str, kind: str, place: str, words: str, dossiers: Dossiers
) -> None:
    ground = shown(first(dossiers, name, kind)).one("section", class_="ground")
    assert ground.one("cite").text.endswith(place)
    assert words in ground.one("q").text
