"""Notices of played cases: every kind, under every text that can make it, in both languages."""

import json

import pytest

from domain.calendar import day_of
from domain.engine.records import Clock
from domain.messages import Language, label
from domain.rule_texts import KNOWN
from domain.statutes.model import Statute
from domain.words import Basis, ClockState, EventType, Stage
from starter.documents import rules
from starter.documents.dossier import Dossier
from starter.documents.notice import NoticePaper, notices
from starter.documents.papers import paper_named
from tests.documents.conftest import Dossiers
from tests.documents.reading import limits, rows
from tests.documents.scenarios import PLAYED
from tests.documents.shown import LANGUAGES, LINK, every, first, newly_shown, shown

DISPUTED = {
    *("refused", "negotiation_opened", "terms_proposed", "terms_agreed", "agreed", "impasse_declared", "withdrawn"),
    *("closed", "urged", "granted"),
}
COORDINATED = {"coordination_referred", "coordination_concluded", "granted_as_coordinated"}
REFERRED = {"final_instance_referred", "decided", "granted_as_decided"}
KINDS = {
    "changshu-2019": DISPUTED
    | COORDINATED
    | REFERRED
    | {"registered", "refusal_accepted", "supplement_requested", "supplemented", "lapsed"},
    "changzhou-2018": DISPUTED
    | COORDINATED
    | REFERRED
    | {"registered", "refusal_accepted", "supplement_requested", "lapsed"},
    "cn-809-2025": DISPUTED
    | COORDINATED
    | REFERRED
    | {"refusal_accepted", "supplement_requested", "supplemented", "lapsed", "delivered"}
    | {"extension_requested", "extension_approved", "extension_denied"},
    "nantong-2020": DISPUTED
    | {"accepted", "declined", "forwarded", "supplement_requested", "supplemented", "lapsed", "refusal_accepted"},
    "yima-2021": DISPUTED
    | COORDINATED
    | {"registered", "refusal_accepted", "supplement_requested", "supplemented", "adjudicated", "granted_as_decided"},
    "zhejiang-2014": DISPUTED | COORDINATED | REFERRED | {"registered", "supplement_requested", "supplemented"},
    "nantong-2020+809": {
        *("accepted", "forwarded", "supplement_requested", "supplemented", "extension_requested", "extension_approved"),
        *("granted", "delivered", "closed", "refused", "refusal_accepted", "negotiation_opened", "terms_proposed"),
        *("terms_agreed", "impasse_declared", "coordination_referred", "coordination_concluded"),
        *("final_instance_referred", "decided", "granted_as_decided", "granted_as_coordinated"),
    },
    "changzhou-2018+809": {
        *("refused", "negotiation_opened", "impasse_declared", "coordination_referred", "coordination_concluded"),
        *("final_instance_referred", "decided", "closed", "supplement_requested", "supplemented", "granted"),
    },
    "zhejiang-2014+809": {
        *("refused", "negotiation_opened", "terms_proposed", "impasse_declared", "coordination_referred"),
        *("coordination_concluded", "final_instance_referred", "decided", "granted_as_decided", "delivered", "closed"),
    },
}
"""What each text's cases tell people: the notices that must be met, and no others."""


@pytest.mark.parametrize("statute", PLAYED)
def test_every_kind_of_notice_is_met_under_every_text_that_makes_it(statute: str, dossiers: Dossiers) -> None:
    mine = {name: x for name, x in dossiers.items() if name.startswith(f"{statute}/")}
    assert {notice.rule.kind for _, notice in every(mine)} == KINDS[statute]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_tells_who_what_when_and_where_to_look(language: Language, dossiers: Dossiers) -> None:
    for where, notice in every(dossiers):
        page, event, detail = shown(notice, language), notice.event, notice.dossier.detail
        assert page.one("html").attributes["lang"] == {"zh": "zh-CN", "en": "en"}[language], where
        assert page.one("h1").text == notice.title(language), where
        told = page.one("main").text
        assert f"{detail.request_id}-{event.seq}" in told, where
        for text in (
            detail.request_id,
            event.digest,
            detail.requester_name,
            detail.provider_name,
            detail.resource_name,
        ):
            assert text in told, (where, text)
        day = day_of(event.at)
        assert page.one("div", class_="signed").text.endswith(
            f"{day.year}年{day.month}月{day.day}日" if language == "zh" else f"{day:%B %Y}"
        ), where
        assert [link.attributes["href"] for link in page.all("a")] == [LINK] * 2, where
        assert page.one("p", class_="next").text, where
        assert page.one("p", class_="to").text.strip("：: "), where


TITLES = [
    ("nantong-2020/refused-late-then-impasse", "accepted", "市大数据管理局", "受理意见回复书（予以受理）"),
    ("nantong-2020/refused-late-then-impasse", "refused", "市大数据管理局", "授权结果答复书（不予授权）"),
    ("nantong-2020/provider-answer-last-second", "granted", "市大数据管理局", "授权结果答复书（同意授权）"),
    ("zhejiang-2014/negotiation-skipped", "refused", "浙江省公安厅", "审核结果通知书（审核不通过）"),
    ("zhejiang-2014/government-grants", "decided", "省政府", "协调决定书（重大问题）"),
    ("yima-2021/refusal-needs-basis", "refused", None, "不予共享答复书"),
    ("yima-2021/adjudicated-grant", "adjudicated", "义马市政务服务和大数据管理局", "评判意见书"),
    ("changshu-2019/leading-group-grants", "decided", "市智慧城市（大数据）建设工作领导小组", "协调决定书"),
    ("changshu-2019/leading-group-grants", "coordination_concluded", "市政府办公室（大数据管理局）", "协调结果通知书"),
    ("changzhou-2018/provincial-leading-group-returns", "decided", "常州市大数据发展领导小组", "协调决定书"),
    ("cn-809-2025/government-grants", "decided", "本级人民政府", "决定书"),
    (
        "cn-809-2025/cross-level-common-superior",
        "coordination_concluded",
        "共同的上级政务数据共享主管部门",
        "协调结果通知书",
    ),
    ("cn-809-2025/decline-not-allowed-then-supplement", "supplement_requested", None, "补充材料一次性告知书"),
    ("nantong-2020+809/refused-with-basis-to-the-government", "decided", "本级人民政府", "决定书"),
    ("nantong-2020+809/platform-refusal-needs-basis", "refused", "市大数据管理局", "授权结果答复书（不予授权）"),
    (
        "nantong-2020+809/cross-level-common-superior",
        "coordination_concluded",
        "共同的上级政务数据共享主管部门",
        "协调结果通知书",
    ),
    ("changzhou-2018+809/provincial-to-the-common-superior", "decided", "市政府", "决定书"),
    ("zhejiang-2014+809/government-decides-last", "decided", "省政府", "决定书"),
]


@pytest.mark.parametrize(("name", "kind", "issuer", "title"), TITLES)
def test_each_text_has_its_own_words_and_bodies(
    name: str, kind: str, issuer: str | None, title: str, dossiers: Dossiers
) -> None:
    notice = first(dossiers, name, kind)
    page = shown(notice)
    assert page.one("h1").text == title
    assert page.one("p", class_="issuer").text == (issuer or notice.dossier.detail.provider_name)


def test_a_bodys_name_and_words_are_those_of_the_case_not_of_today(dossiers: Dossiers) -> None:
    dossier = dossiers["nantong-2020/refused-late-then-impasse"]
    then = json.loads(json.dumps(KNOWN.text(dossier.detail.statute_digest).body))
    then["bodies"]["bureau"]["name"]["zh"] = "市信息中心"
    then["limits"][0]["clause"]["quote"] = "市信息中心应于1个工作日内完成审查"
    digest = KNOWN.digest(Statute.model_validate(then))
    old = Dossier(dossier.detail.model_copy(update={"statute_digest": digest}), dossier.events)
    page = shown(next(x for x in notices(old) if x.rule.kind == "accepted"))
    assert page.one("p", class_="issuer").text == "市信息中心"
    assert page.one("section", class_="ground").one("q").text == "市信息中心应于1个工作日内完成审查"


# Limits: law is law, policy is policy


def test_limits_are_those_open_then_and_policy_never_passes_for_law(dossiers: Dossiers) -> None:
    met = set()
    for where, notice in every(dossiers):
        page = shown(notice)
        running = [x for x in _running(notice)]
        table = limits(page)
        assert len(table) == len(running), where
        for row, clock in zip(table, running, strict=True):
            basis, due = row.all("td")[-1], row.all("td")[-2].text
            assert f"{clock.due_date.year}年{clock.due_date.month}月{clock.due_date.day}日" in due, where
            assert ("已超期" in due) == (clock.state is ClockState.BREACHED), where
            assert ("暂定" in due) == clock.provisional, where
            met.add((clock.basis, clock.state, clock.provisional))
            if clock.basis is Basis.POLICY:
                assert basis.text == "内部规程，非法定时限", where
                assert not basis.all("cite"), where
            else:
                assert basis.text.startswith("法定时限："), where
                assert basis.one("cite").attributes["data-article"] == clock.article, where
                assert basis.one("q").text == clock.quote, where
    assert {(basis, state) for basis, state, _ in met} == {
        (basis, state) for basis in (Basis.STATUTE, Basis.POLICY) for state in (ClockState.RUNNING, ClockState.BREACHED)
    }
    assert True in {provisional for *_, provisional in met}


def _running(notice: NoticePaper) -> list[Clock]:
    """The clocks open after the notice's act, told from the ledger's events alone."""
    events = notice.dossier.events
    last = notice.event.seq
    if notice.event.type is not EventType.URGED:
        while last < len(events) and (events[last].at, events[last].key) == (notice.event.at, notice.event.key):
            last += 1
    clocks: dict[int, Clock] = {}
    for event in events[:last]:
        number = event.data.get("number")
        if event.clock is not None:
            clocks[event.clock.number] = event.clock
        elif event.type is EventType.CLOCK_BREACHED:
            clocks[number] = clocks[number].model_copy(update={"state": ClockState.BREACHED})
        elif event.type in (EventType.CLOCK_MET, EventType.CLOCK_CANCELLED, EventType.CLOCK_SUPERSEDED):
            del clocks[number]
    return list(clocks.values())


def test_who_must_act_on_a_limit(dossiers: Dossiers) -> None:
    table = limits(shown(first(dossiers, "zhejiang-2014/impasse-then-refer", "impasse_declared")))
    detail = dossiers["zhejiang-2014/impasse-then-refer"].detail
    assert [row.all("td")[0].text for row in table] == [f"{detail.requester_name}、省政府办公厅"]
    adjudicating = first(dossiers, "yima-2021/adjudicated-grant", "coordination_concluded")
    assert [row.all("td")[0].text for row in limits(shown(adjudicating))] == ["义马市政务服务和大数据管理局"]


# What is said


def test_reasons_terms_and_lists_are_told_word_for_word(dossiers: Dossiers) -> None:
    for where, notice in every(dossiers):
        told = shown(notice).one("main").text
        data = notice.event.data
        for name in ("reason", "legal_basis", "justification", "necessity"):
            assert data.get(name, "") in told, (where, name)
        for item in (*data.get("missing", ()), *filter(None, [(data.get("terms") or {}).get("scope")])):
            assert item in told, (where, item)


def test_a_request_for_a_supplement_lists_all_that_is_missing(dossiers: Dossiers) -> None:
    notice = first(dossiers, "nantong-2020/unsealed-returned-and-supplemented", "supplement_requested")
    page = shown(notice)
    assert page.one("p", class_="to").text == "南通市民政局："
    assert rows(page)["需要补充的材料"] == "、".join(notice.event.data["missing"])
    assert "一次性告知" in page.one("p", class_="opening").text
    assert (
        page.one("section", class_="ground").one("p").text == "所适用的法规未就此作出规定，依内部规程办理，非法定程序。"
    )
    (limit,) = limits(page)
    assert limit.all("td")[-1].text == "内部规程，非法定时限"


NEXT = [
    ("changshu-2019/leading-group-grants", "refused", "提请协商"),
    ("zhejiang-2014/negotiation-skipped", "refused", "也可以直接提请省政府办公厅协调"),
    ("nantong-2020/refused-late-then-impasse", "negotiation_opened", "协商未果的，本件以未达成一致办结"),
    ("changzhou-2018/provincial-leading-group-returns", "negotiation_opened", "可以提请常州市大数据发展领导小组协调"),
    (
        "changshu-2019/leading-group-grants",
        "coordination_concluded",
        "可以说明必要性，报请市智慧城市（大数据）建设工作领导小组",
    ),
    ("cn-809-2025/government-grants", "coordination_concluded", "由同级政务数据共享主管部门报请本级人民政府决定"),
    ("yima-2021/adjudicated-grant", "coordination_concluded", "由义马市政务服务和大数据管理局评判"),
    ("cn-809-2025/delivery-overdue", "granted", "提供数据"),
    ("cn-809-2025/extension-in-two-parts", "extension_requested", "是否同意延期"),
    ("nantong-2020/declined-with-reason", "declined", "本件已办结：不予受理"),
]


@pytest.mark.parametrize(("name", "kind", "words"), NEXT)
def test_what_comes_next(name: str, kind: str, words: str, dossiers: Dossiers) -> None:
    assert words in shown(first(dossiers, name, kind)).one("p", class_="next").text


def test_an_urging_goes_to_whoever_is_late(dossiers: Dossiers) -> None:
    for name in ("changshu-2019/silence-climbs-the-ladder", "changshu-2019/coordination-lapse-climbs-the-ladder"):
        urgings = [x for x in notices(dossiers[name]) if x.rule.kind == "urged"]
        late = {"silence": dossiers[name].detail.provider_name, "coordination": "市政府办公室（大数据管理局）"}
        expected = late[name.partition("/")[2].partition("-")[0]]
        automatic = [x for x in urgings if x.event.data.get("automatic")]
        assert automatic
        for notice in automatic:
            page = shown(notice)
            assert page.one("p", class_="to").text == f"{expected}："
            assert page.one("p", class_="issuer").text == "常熟市政务信息共享交换平台"
            assert "督办的级别和时点由内部规程确定" in page.one("p", class_="opening").text


def test_copies_go_to_the_other_parties_and_never_twice(dossiers: Dossiers) -> None:
    approved = shown(first(dossiers, "cn-809-2025/extension-in-two-parts", "extension_approved"))
    detail = dossiers["cn-809-2025/extension-in-two-parts"].detail
    assert approved.one("p", class_="to").text == f"{detail.provider_name}："
    assert f"抄送：{detail.requester_name}" in approved.one("main").text
    platform = shown(first(dossiers, "nantong-2020/platform-authorization-last-second", "granted"))
    assert f"抄送：{dossiers['nantong-2020/platform-authorization-last-second'].detail.provider_name}" in platform.text


# The same events, the same page


def test_the_same_events_make_the_same_page_byte_for_byte(dossiers: Dossiers) -> None:
    for where, notice in every(dossiers):
        detail = type(notice.dossier.detail).model_validate_json(notice.dossier.detail.model_dump_json())
        events = [type(x).model_validate_json(x.model_dump_json()) for x in notice.dossier.events]
        for language in LANGUAGES:
            again = paper_named(Dossier(detail, events), f"notice-{notice.event.seq}")
            assert again is not None
            assert again.html(language, LINK) == notice.html(language, LINK), where


def test_what_happens_later_changes_no_notice(dossiers: Dossiers) -> None:
    compared = 0
    for where, notice in every(dossiers):
        events = notice.dossier.events
        act = (notice.event.at, notice.event.key)
        end = next((i for i in range(notice.position, len(events)) if (events[i].at, events[i].key) != act), None)
        if end is None:
            continue
        then = Dossier(notice.dossier.detail.model_copy(update={"stage": "closed", "clocks": ()}), events[:end])
        assert next(x for x in notices(then) if x.position == notice.position).html("zh", LINK) == notice.html(
            "zh", LINK
        ), where
        compared += 1
    assert compared > 150


# What comes next


def test_a_stage_without_a_sentence_of_its_own_is_told_by_whom_it_waits_for_and_until_when(
    dossiers: Dossiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a new stage was declared: no paper fails, whatever the case."""
    without = rules.rules().model_copy(update={"next": ()})
    monkeypatch.setattr(rules, "rules", lambda: without)
    forwarded = first(dossiers, "nantong-2020/refused-late-then-impasse", "forwarded")
    due = limits(newly_shown(forwarded))[0].all("td")[-2].text
    stage = label("stage", Stage.PROVIDER_ANSWER, "zh")
    told = newly_shown(forwarded).one("p", class_="next").text
    assert told == f"现处于“{stage}”，由{forwarded.dossier.detail.provider_name}在{due}前办理。"
    said = {
        name for _, notice in every(dossiers) for name in DEFAULTS if DEFAULTS[name] in newly_shown(notice, "en").text
    }
    assert said == set(DEFAULTS)


DEFAULTS = {"act": "acts next.", "act_until": "acts next, until", "of_itself": "The platform goes on by itself."}
