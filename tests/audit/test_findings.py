"""Findings: what played cases show, and that each kind is found where somebody put it and nowhere else."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.findings.finding import Finding, FindingKind
from audit.findings.found import findings_in
from audit.findings.texts import found_said, row_of, should_said
from audit.replay.case import RecordedCase
from domain.calendar import CHINA, Calendar, load_edition
from domain.engine.records import Actor, RecordedEvent
from domain.log.acts import Acting, ActKind, NewAct, recorded_act
from domain.messages import words
from domain.words import Basis, ClockState, EventType, Role
from tests.audit.recorded import all_played, played, recorded
from tests.domain.engine.machine import MONDAY, PaperLedger, play

CALENDAR = Calendar.packaged()
IMPASSE = "nantong-2020/refused-late-then-impasse"


def found(of: RecordedCase, kind: FindingKind, now: datetime | None = None) -> list[Finding]:
    return [each for each in findings_in(of, CALENDAR, now or of.events[-1].at) if each.kind is kind]


def changed(of: RecordedCase, type_: EventType, change: Callable[[RecordedEvent], dict[str, Any]]) -> RecordedCase:
    """The case with another record: the first event of a type is not as it was."""
    place = next(n for n, event in enumerate(of.events) if event.type is type_)
    forged = of.events[place].model_copy(update=change(of.events[place]))
    return replace(of, events=(*of.events[:place], forged, *of.events[place + 1 :]))


def test_played_cases_show_nothing_but_lateness_and_notices() -> None:
    kinds = {each.kind for of in all_played().values() for each in findings_in(of, CALENDAR, of.events[-1].at)}
    assert kinds == {FindingKind.LATE_ANSWER, FindingKind.DEADLINE_MOVED}


def test_every_limit_that_was_missed_is_found_once() -> None:
    looked_at = 0
    for of in all_played().values():
        late = [each.clock for each in found(of, FindingKind.LATE_ANSWER)]
        missed = [
            clock.id
            for clock in of.after(of.events).clocks.values()
            if clock.state in (ClockState.BREACHED, ClockState.MET_LATE) and clock.basis is not Basis.POLICY
        ]
        assert sorted(late) == sorted(clock for clock in missed if clock.declared.kind == "duty")
        looked_at += len(late)
    assert looked_at > 100


def test_a_late_answer_is_counted_in_working_days() -> None:
    [late] = found(played(IMPASSE), FindingKind.LATE_ANSWER)
    assert (late.clock, late.statute, late.article, late.working_days_late) == (
        "provider_answer",
        "nantong-2020",
        "22",
        1,
    )
    assert (late.who.role, late.who.org) == (Role.PROVIDER, played(IMPASSE).unfiled.provider.code)
    assert found_said(late, "zh") == "答复时限应于2026年10月10日届满，2026年10月12日才办理，逾期1个工作日"
    assert should_said(late, "zh") == "最迟2026年10月10日办理"
    assert found_said(late, "en").endswith(", 1 working day late")
    for days, zh, en in (
        (0, "逾期不足1个工作日", "late by less than a working day"),
        (2, "逾期2个工作日", "2 working days late"),
    ):
        other = replace(late, working_days_late=days)
        assert found_said(other, "zh").endswith(f"，{zh}")
        assert found_said(other, "en").endswith(f", {en}")


def test_what_is_not_done_yet_is_counted_up_to_now() -> None:
    paper = PaperLedger("zhejiang-2014")  # 5 working days
    paper.wait(timedelta(days=40))
    of = recorded(paper)
    due = paper.clock("provider_answer").due_at
    assert found(of, FindingKind.LATE_ANSWER, due - timedelta(seconds=1)) == []
    one_week = found(of, FindingKind.LATE_ANSWER, due + timedelta(days=7))
    assert [(each.found, each.working_days_late) for each in one_week] == [("not_done", 6)]
    assert findings_in(of, CALENDAR, MONDAY - timedelta(seconds=1)) == []


@pytest.mark.parametrize("reason", [None, "", " ", "\u200b", 5])
def test_a_refusal_without_a_reason(reason: object) -> None:
    of = changed(played(IMPASSE), EventType.REFUSED, lambda event: {"data": {**event.data, "reason": reason}})
    [without] = found(of, FindingKind.REFUSAL_WITHOUT_BASIS)
    assert (without.found, without.article, without.who.role) == ("no_reason", "22", Role.PROVIDER)
    assert of.events[without.seq - 1].type is EventType.REFUSED


@pytest.mark.parametrize(
    ("statute", "asks"), [("yima-2021", True), ("nantong-2020+jiangsu", True), ("zhejiang-2014", False)]
)
def test_a_legal_basis_is_missing_where_the_text_asks_for_it(statute: str, asks: bool) -> None:
    filed_at = datetime(2025, 6, 2, 10, tzinfo=CHINA)
    paper = PaperLedger(statute, filed_at)
    play(paper, ["accept:bureau", "refuse:provider"] if statute.startswith("nantong") else ["refuse:provider"])
    of = recorded(paper)
    assert found(of, FindingKind.REFUSAL_WITHOUT_BASIS) == []
    bare = changed(of, EventType.REFUSED, lambda event: {"data": {**event.data, "legal_basis": None}})
    without = found(bare, FindingKind.REFUSAL_WITHOUT_BASIS)
    assert [each.found for each in without] == (["no_basis"] if asks else [])
    clause = paper.statute.refusal.clause
    assert all((each.statute, each.article) == (clause.statute or statute, clause.article) for each in without)


@pytest.mark.parametrize(
    "actor",
    [
        Actor(role=Role.GOVERNMENT, org="government"),
        Actor(role=Role.BUREAU, org="bureau"),
        Actor(role=Role.PLATFORM),
        Actor(role=Role.PROVIDER, org="113206000140000099"),
        Actor(role=Role.PROVIDER),
    ],
)
def test_a_decision_by_the_wrong_body(actor: Actor) -> None:
    of = changed(played(IMPASSE), EventType.REFUSED, lambda _: {"actor": actor})
    [wrong] = found(of, FindingKind.WRONG_BODY)
    assert (wrong.who.role, wrong.who.org, wrong.should) == (actor.role, actor.org, "decided_by_others")
    assert [body.role for body in wrong.facts["bodies"]] == [Role.PROVIDER]
    assert "提供部门" in should_said(wrong, "zh")
    department = of.unfiled.provider.name
    assert department in should_said(wrong, "zh")
    assert department not in found_said(wrong, "zh"), "whoever decided was not that department"
    assert actor.role is not Role.PROVIDER or (actor.org or "") in found_said(wrong, "zh")


def test_a_demand_that_an_auditor_calls_impossible() -> None:
    of = next(of for of in all_played().values() if any(e.type is EventType.IMPOSSIBILITY_REPORTED for e in of.events))
    assert found(of, FindingKind.WRONG_BODY) == []
    of = changed(of, EventType.IMPOSSIBILITY_REPORTED, lambda _: {"actor": Actor(role=Role.AUDITOR, org="audit")})
    [wrong] = found(of, FindingKind.WRONG_BODY)
    assert wrong.who.role is Role.AUDITOR


def test_a_refusal_without_an_article() -> None:
    of = changed(played(IMPASSE), EventType.REFUSED, lambda _: {"article": None})
    [without] = found(of, FindingKind.REFUSAL_WITHOUT_BASIS)
    assert (without.found, without.article) == ("no_article", "22")


def test_a_limit_that_was_over_after_its_act_is_no_lateness() -> None:
    """The record calls late what was done before the day that it now names: verification finds that."""
    of = played(IMPASSE)
    started = next(event for event in of.events if event.clock and event.clock.id == "provider_answer")
    assert started.clock is not None
    later = started.clock.model_copy(update={"due_at": started.clock.due_at + timedelta(days=30)})
    moved = [each.model_copy(update={"clock": later}) if each is started else each for each in of.events]
    assert found(replace(of, events=tuple(moved)), FindingKind.LATE_ANSWER) == []


def test_an_instance_that_the_text_does_not_have() -> None:
    paper = PaperLedger("changshu-2019")
    play(
        paper,
        [
            *("refuse:provider", "open_negotiation:requester", "declare_impasse:provider", "refer:requester"),
            *("conclude_coordination:bureau", "refer_final:bureau", "decide:leading_group"),
        ],
    )
    of = recorded(paper)
    assert found(of, FindingKind.WRONG_BODY) == []
    of = changed(of, EventType.DECIDED, lambda _: {"actor": Actor(role=Role.GOVERNMENT, org="government")})
    [wrong] = found(of, FindingKind.WRONG_BODY)
    assert [body.role for body in wrong.facts["bodies"]] == [Role.LEADING_GROUP]


def test_policy_that_passes_for_law() -> None:
    of = played(IMPASSE)

    def with_clock(clock_id: str, **changes: Any) -> RecordedCase:
        place = next(n for n, event in enumerate(of.events) if event.clock and event.clock.id == clock_id)
        event = of.events[place]
        assert event.clock is not None
        forged = event.model_copy(update={"clock": event.clock.model_copy(update=changes)})
        return replace(of, events=(*of.events[:place], forged, *of.events[place + 1 :]))

    cases = {
        "policy_with_article": with_clock("negotiation", article="27"),
        "words_not_in_text": with_clock("negotiation", basis=Basis.STATUTE, article="27", quote="应当及时协商"),
        "another_number": with_clock("provider_answer", amount=15),
    }
    for word, forged in cases.items():
        assert [each.found for each in found(forged, FindingKind.POLICY_AS_LAW)] == [word]
    [number] = found(cases["another_number"], FindingKind.POLICY_AS_LAW)
    assert (found_said(number, "en"), should_said(number, "en")) == (
        "provider's answer runs for 15 working days and is shown as law",
        "10 working days",
    )


def test_a_sanction_that_rests_on_policy() -> None:
    of = played("nantong-2020/silence-then-rectification")
    assert found(of, FindingKind.POLICY_AS_LAW) == []
    ordered = next(event for event in of.events if event.type is EventType.RECTIFICATION_ORDERED)
    own = {"basis": Basis.POLICY, "article": None, "quote": None}
    events = tuple(
        event.model_copy(update={"clock": event.clock.model_copy(update=own)})
        if event.clock and event.clock.number == ordered.data["number"]
        else event
        for event in of.events
    )
    [sanction] = found(replace(of, events=events), FindingKind.POLICY_AS_LAW)
    assert (sanction.found, sanction.seq) == ("sanction_on_policy", ordered.seq)
    of = changed(of, EventType.RECTIFICATION_ORDERED, lambda event: {"data": {**event.data, "number": 99}})
    [sanction] = found(of, FindingKind.POLICY_AS_LAW)
    assert (sanction.found, sanction.clock) == ("sanction_on_nothing", None)
    assert found_said(sanction, "en").endswith("a limit that the case does not have")


def test_a_deadline_that_a_notice_moved_while_it_ran() -> None:
    [moved] = found(played("changshu-2019/spring-festival-2020-as-published"), FindingKind.DEADLINE_MOVED)
    assert (moved.found, moved.article) == ("superseded", "19")
    assert found_said(moved, "zh") == "答复时限的最后一日原为2020年2月4日，运行中被通知改变"
    assert should_said(moved, "zh") == "按现在所知的日历为2020年2月6日"


@pytest.mark.parametrize(
    ("days", "answered", "how", "last_day"),
    [
        (
            {"2027-01-04": "off", "2027-01-09": "work"},
            datetime(2027, 1, 9, 10, tzinfo=CHINA),
            "would_be_in_time",
            "2027-01-09",
        ),
        ({"2027-01-02": "work"}, datetime(2027, 1, 8, 10, tzinfo=CHINA), "would_be_late", "2027-01-07"),
        ({"2027-01-02": "work"}, datetime(2027, 1, 5, 10, tzinfo=CHINA), "would_be_other", "2027-01-07"),
    ],
)
def test_a_provisional_deadline_that_was_over_before_its_year_had_a_notice(
    days: dict[str, str], answered: datetime, how: str, last_day: str
) -> None:
    paper = PaperLedger("zhejiang-2014", datetime(2026, 12, 31, 10, tzinfo=CHINA))
    assert paper.clock("provider_answer").due_date.isoformat() == "2027-01-08"
    paper.give("grant", "provider", at=answered)
    of = recorded(paper)
    assert found(of, FindingKind.DEADLINE_MOVED) == []
    notice = {"id": "2027", "year": 2027, "published": "2027-02-01", "title": "通知", "document": None}
    notice |= {"notice": "https://example.org/2027", "amends": None, "days": {"2027-01-01": "off", **days}}
    later = CALENDAR.with_edition(load_edition(json.dumps(notice), "2027"))
    moved = [each for each in findings_in(of, later, answered) if each.kind is FindingKind.DEADLINE_MOVED]
    assert [(each.found, each.facts["day"].isoformat(), each.facts["provisional"]) for each in moved] == [
        (how, last_day, True)
    ]
    assert "（暂定）" in found_said(moved[0], "zh")


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "closes", "what", "kept_for", "article"),
    [
        ("yima-2021/superior-adjudicates", True, ["history"], timedelta(days=180), "12"),
        ("yima-2021/superior-adjudicates", True, ["papers"], 1094 * DAY, None),
        (IMPASSE, True, ["history", "papers"], 1094 * DAY, None),
        ("cn-809-2025/withdrawn-while-refused", True, ["history"], 1094 * DAY, "29"),
        (IMPASSE, False, ["history"], DAY, None),
    ],
)
def test_what_was_disposed_of_before_its_day(
    name: str, closes: bool, what: list[str], kept_for: timedelta, article: str | None
) -> None:
    of = played(name)
    of = of if closes else replace(of, events=of.events[:-1])
    end = of.events[-1].at

    def after(passed: timedelta, papers: bool = True) -> list[Finding]:
        details = {"disposed": what, "histories": [], "papers": ["0" * 64] if papers and "papers" in what else []}
        by = Acting(subject="王五", org="nantong:bureau")
        new = NewAct(kind=ActKind.DISPOSE, by=by, target=of.request_id, request_id=of.request_id, details=details)
        act = recorded_act(new, 12, end + passed, "0" * 64)
        assert found(replace(of, acts=(act,)), FindingKind.DISPOSED_EARLY, act.at - DAY / 2) == []
        return found(replace(of, acts=(act,)), FindingKind.DISPOSED_EARLY, act.at)

    early = after(kept_for)
    assert len(early) == len(what)
    for each in early:
        assert (each.seq, each.at, each.article) == (of.events[-1].seq, end + kept_for, article)
        assert (each.who.role, each.who.org) == (Role.OPERATOR, "nantong:bureau")
        assert each.should == ("kept_while_open" if not closes else "kept_by_text" if article else "kept_by_own_rule")
        for said in (found_said(each, "zh"), found_said(each, "en")):
            assert "王五" in said
            assert "{" not in said + should_said(each, "zh") + should_said(each, "en")
    if closes:
        assert after(kept_for + 6 * DAY) == []
    if what == ["papers"]:
        assert after(kept_for, papers=False) == [], "nothing went"


def test_every_sentence_is_filled_in_both_languages() -> None:
    said: set[str] = set()
    for of in all_played().values():
        for each in findings_in(of, CALENDAR, of.events[-1].at):
            row = row_of(each)
            said |= {each.found, each.should}
            assert not any("{" in str(value) for value in row.values())
    assert said <= {*words("audit_found"), *words("audit_should")}
