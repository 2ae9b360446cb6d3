"""What each decision leads to, and the instant at which a limit ends."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.calendar import CHINA
from domain.engine.commands import InvalidFields
from domain.engine.decision import Refused
from domain.words import ClockState, Role
from procedures.registry import decide
from tests.domain.engine.asking import TO_FINAL, TO_TABLE, TO_YIMA_DECISION, at, refusal
from tests.domain.engine.machine import MONDAY, TICK, application, command
from tests.domain.engine.situation import PASS

# What each decision leads to


@pytest.mark.parametrize(
    ("statute", "script", "stage", "outcome"),
    [
        ("changshu-2019", ("grant:provider",), "closed", "granted"),
        ("nantong-2020", ("decline:bureau",), "closed", "declined"),
        ("nantong-2020", ("accept:bureau", "grant:provider"), "closed", "granted"),
        ("changshu-2019", ("refuse:provider", "accept_refusal:requester"), "closed", "refused"),
        ("changshu-2019", ("withdraw:requester",), "closed", "withdrawn"),
        ("changshu-2019", (*TO_TABLE, "propose:provider", "agree:requester"), "closed", "granted"),
        ("cn-809-2025", (*TO_TABLE, "propose:provider", "agree:requester"), "delivery", None),
        ("changzhou-2018", (*TO_YIMA_DECISION, "conclude_coordination:bureau"), "closed", "unresolved"),
        (
            "changzhou-2018",
            (*TO_YIMA_DECISION, ("conclude_coordination:bureau", {"result": "agreed"})),
            "closed",
            "granted",
        ),
        (
            "cn-809-2025",
            (*TO_YIMA_DECISION, ("conclude_coordination:bureau", {"result": "agreed"})),
            "delivery",
            None,
        ),
        (
            "yima-2021",
            (*TO_YIMA_DECISION, "conclude_coordination:bureau", "adjudicate:bureau"),
            "closed",
            "granted",
        ),
        (
            "yima-2021",
            (
                *TO_YIMA_DECISION,
                "conclude_coordination:bureau",
                ("adjudicate:bureau", {"decision": "deny", "reason": "非履职必需"}),
            ),
            "closed",
            "denied",
        ),
        ("changshu-2019", (*TO_FINAL, "decide:leading_group"), "closed", "granted"),
        (
            "zhejiang-2014",
            (*TO_FINAL, ("decide:government", {"decision": "deny", "reason": "非履职必需"})),
            "closed",
            "denied",
        ),
        ("cn-809-2025", (*TO_FINAL, "decide:government"), "delivery", None),
        ("cn-809-2025", ("grant:provider", "deliver:provider"), "closed", "granted"),
    ],
)
def test_decision_leads_to(statute: str, script: tuple[Any, ...], stage: str, outcome: str | None) -> None:
    case = at(statute, *script).case
    assert (case.stage.value, case.outcome and case.outcome.value) == (stage, outcome)


@pytest.mark.parametrize(
    ("statute", "filed", "script", "expected"),
    [
        ("nantong-2020", {}, (), [("completeness_check", 1, "running")]),
        (
            "nantong-2020",
            {},
            ("return_for_supplement:bureau",),
            [("completeness_check", 1, "met"), ("supplement", 5, "running")],
        ),
        (
            "nantong-2020",
            {},
            ("return_for_supplement:bureau", "supplement:requester"),
            [("completeness_check", 1, "met"), ("supplement", 5, "met"), ("completeness_check", 1, "running")],
        ),
        (
            "changshu-2019",
            {},
            ("return_for_supplement:provider", "supplement:requester"),
            [("provider_answer", 5, "running"), ("supplement", 5, "met")],
        ),
        (
            "nantong-2020",
            {},
            ("accept:bureau", "lapse provider_answer", "open_negotiation:requester"),
            [("completeness_check", 1, "met"), ("provider_answer", 10, "breached"), ("negotiation", 10, "running")],
        ),
        (
            "changshu-2019",
            {},
            ("refuse:provider",),
            [("provider_answer", 5, "met"), ("dispute_window", 30, "running")],
        ),
        (
            "changshu-2019",
            {},
            TO_FINAL,
            [
                ("provider_answer", 5, "met"),
                ("dispute_window", 30, "met"),
                ("negotiation", 10, "met"),
                ("dispute_window", 30, "met"),
                ("coordination", 10, "met"),
                ("dispute_window", 30, "met"),
                ("final_instance", 20, "running"),
            ],
        ),
        (
            "cn-809-2025",
            {},
            ("lapse provider_answer", "refer:requester"),
            [("provider_answer", 10, "breached"), ("coordination", 10, "running")],
        ),
        (
            "cn-809-2025",
            {},
            ("lapse provider_answer", "grant:provider"),
            [("provider_answer", 10, "met_late"), ("delivery", 20, "running")],
        ),
        (
            "zhejiang-2014",
            {},
            (*TO_TABLE, "refer:bureau"),
            [
                ("provider_answer", 5, "met"),
                ("dispute_window", 30, "met"),
                ("negotiation", 10, "cancelled"),
                ("coordination", 10, "running"),
            ],
        ),
        (
            "yima-2021",
            {},
            ("lapse provider_answer", "refer:requester", "conclude_coordination:bureau"),
            [("provider_answer", 5, "breached"), ("coordination", 10, "met"), ("final_instance", 20, "running")],
        ),
        (
            "cn-809-2025",
            {},
            ("lapse provider_answer", "refer:requester", "conclude_coordination:bureau"),
            # Referring is the bureau's duty, and so has a limit and not a window.
            [("provider_answer", 10, "breached"), ("coordination", 10, "met"), ("coordination", 10, "running")],
        ),
        (
            "cn-809-2025",
            {},
            (*TO_FINAL, ("decide:government", {"decision": "deny", "reason": "非履职必需"})),
            [
                ("provider_answer", 10, "met"),
                ("dispute_window", 30, "met"),
                ("negotiation", 10, "met"),
                ("dispute_window", 30, "met"),
                ("coordination", 10, "met"),
                ("coordination", 10, "met"),
                ("final_instance", 20, "met"),
            ],
        ),
        (
            "cn-809-2025",
            {},
            (*TO_TABLE, "declare_impasse:requester", "propose:provider", "agree:requester"),
            [
                ("provider_answer", 10, "met"),
                ("dispute_window", 30, "met"),
                ("negotiation", 10, "met"),
                ("dispute_window", 30, "cancelled"),
                ("delivery", 20, "running"),
            ],
        ),
        (
            "changshu-2019",
            {},
            ("return_for_supplement:provider", "withdraw:requester"),
            [("provider_answer", 5, "cancelled"), ("supplement", 5, "cancelled")],
        ),
        (
            "changzhou-2018",
            {"involves_provincial_department": True},
            (*TO_TABLE, "lapse negotiation", "refer:requester"),
            [
                ("provider_answer", 10, "met"),
                ("dispute_window", 30, "met"),
                ("negotiation", 10, "breached"),
                ("final_instance", 20, "running"),
            ],
        ),
    ],
)
def test_clocks(
    statute: str, filed: dict[str, Any], script: tuple[str, ...], expected: list[tuple[str, int, str]]
) -> None:
    ledger = at(statute, *script, **filed)
    assert [(c.id.value, c.amount, c.state.value) for c in ledger.case.clocks.values()] == expected
    of_statute = {"completeness_check", "platform_authorization", "provider_answer", "delivery"}
    for clock in ledger.case.clocks.values():
        assert (clock.basis.value == "statute") == (clock.id.value in of_statute)


def test_an_agreement_is_shared_on_the_terms_agreed() -> None:
    ledger = at("nantong-2020", "accept:bureau", *TO_TABLE, "propose:provider", "agree:bureau")
    assert ledger.case.stage.value == "negotiation"
    ledger.give("propose", "requester", {"terms": {"scope": "姓名", "conditions": ["不得留存"]}})
    ledger.give("agree", "bureau")
    ledger.give("agree", "provider")
    granted = next(event for event in ledger.events if event.type.value == "granted")
    assert granted.data == {"terms": {"scope": "姓名", "conditions": ["不得留存"]}}
    assert granted.article == "27"


@pytest.mark.parametrize(
    ("across", "body"), [(False, "同级政务数据共享主管部门"), (True, "共同的上级政务数据共享主管部门")]
)
def test_who_coordinates_across_levels(across: bool, body: str) -> None:
    ledger = at("cn-809-2025", "lapse provider_answer", "refer:requester", cross_level=across)
    referred = next(event for event in ledger.events if event.type.value == "coordination_referred")
    assert referred.data["body"] == body


def test_a_supplement_changes_the_application_and_adds_papers() -> None:
    ledger = at("nantong-2020", "return_for_supplement:bureau", documents=[{"name": "旧.pdf"}])
    ledger.give(
        "supplement",
        "requester",
        {"purpose": "新用途", "changed_fields": {"item_count": 7}, "documents": [{"name": "新.pdf", "sealed": True}]},
    )
    after = ledger.case.application
    assert (after.purpose, after.item_count, after.scope) == ("新用途", 7, application().scope)
    assert [(paper.name, paper.sealed) for paper in after.documents] == [("旧.pdf", False), ("新.pdf", True)]


def test_a_supplement_cannot_bring_more_papers_than_a_case_can_hold() -> None:
    sixty = [{"name": f"{n}.pdf"} for n in range(60)]
    ledger = at("nantong-2020", "return_for_supplement:bureau", documents=sixty)
    with pytest.raises(InvalidFields):
        decide(ledger.case, command("supplement", "requester", {"documents": sixty}), ledger.now)
    ledger.give("supplement", "requester", {"documents": sixty[:40]})
    assert len(ledger.case.application.documents) == 100


def test_a_supplement_cannot_blank_a_required_field() -> None:
    ledger = at("yima-2021", "return_for_supplement:provider")
    assert refusal(ledger, "supplement", "requester", {"purpose": "  "}) == ("application_incomplete", "15")
    assert ledger.give("supplement", "requester", {"legal_basis": ""})


# The instant of a limit


TIES = [
    # statute, script, clock, command, role: carried out in time and late alike
    ("changshu-2019", (), "provider_answer", "grant", "provider"),
    ("changshu-2019", (), "provider_answer", "refuse", "provider"),
    ("nantong-2020", (), "completeness_check", "accept", "bureau"),
    ("cn-809-2025", ("grant:provider",), "delivery", "deliver", "provider"),
    ("changshu-2019", TO_TABLE, "negotiation", "declare_impasse", "requester"),
    ("changshu-2019", TO_YIMA_DECISION, "coordination", "conclude_coordination", "bureau"),
    ("cn-809-2025", TO_FINAL, "final_instance", "decide", "government"),
]


@pytest.mark.parametrize(("statute", "script", "clock", "name", "role"), TIES)
def test_at_the_instant_is_late_and_a_moment_before_is_not(
    statute: str, script: tuple[str, ...], clock: str, name: str, role: str
) -> None:
    in_time, late = at(statute, *script), at(statute, *script)
    number, due_at = in_time.clock(clock).number, in_time.clock(clock).due_at
    assert due_at.astimezone(CHINA).time().isoformat() == "00:00:00"
    in_time.give(name, role, at=due_at - TICK)
    assert in_time.case.clocks[number].state is ClockState.MET
    assert "clock_breached" not in in_time.types()
    late.give(name, role, at=due_at)
    assert late.case.clocks[number].state is ClockState.MET_LATE
    assert late.types().count("clock_breached") == 1
    breach = next(event for event in late.events if event.type.value == "clock_breached")
    assert breach.at == due_at
    # Before the act that came with it.
    assert late.types().index("clock_breached") < late.types().index("clock_met", late.types().index("clock_breached"))


@pytest.mark.parametrize(
    ("statute", "script", "clock", "name", "role", "before", "then"),
    [
        ("nantong-2020", ("return_for_supplement:bureau",), "supplement", "supplement", "requester", PASS, "closed"),
        ("changshu-2019", ("refuse:provider",), "dispute_window", "open_negotiation", "requester", PASS, "closed"),
        ("changshu-2019", (), "provider_answer", "refer", "requester", "wrong_stage", PASS),
        ("changshu-2019", TO_TABLE, "negotiation", "refer", "bureau", "negotiation_must_come_first", PASS),
        ("nantong-2020", ("accept:bureau",), "provider_answer", "open_negotiation", "requester", "wrong_stage", PASS),
        ("cn-809-2025", (), "provider_answer", "request_extension", "provider", PASS, "wrong_stage"),
        (
            "cn-809-2025",
            ("request_extension:provider",),
            "provider_answer",
            "approve_extension",
            "bureau",
            PASS,
            "wrong_stage",
        ),
    ],
)
def test_what_the_instant_opens_and_closes(
    statute: str, script: tuple[str, ...], clock: str, name: str, role: str, before: str, then: str
) -> None:
    ledger = at(statute, *script)
    due_at = ledger.clock(clock).due_at
    for instant, expected in ((due_at - TICK, before), (due_at, then)):
        expected = "case_closed" if expected == "closed" else expected
        try:
            decide(ledger.case, command(name, role), instant)
            got = PASS
        except Refused as refused:
            got = refused.code.value
        assert got == expected


def test_a_late_answer_says_so_and_what_the_ladder_did_stays() -> None:
    ledger = at("changshu-2019", "lapse provider_answer")
    ledger.wait(timedelta(days=5))
    ledger.give("grant", "provider")
    urged = [event.data["level"] for event in ledger.events if event.type.value == "urged"]
    assert urged == ["notice", "yellow"]
    met = next(event for event in ledger.events if event.type.value == "clock_met")
    assert met.data["late"] is True


def test_urging_by_hand_climbs_no_rung() -> None:
    ledger = at("changshu-2019", "lapse provider_answer", ("urge:bureau", {"level": "red"}))
    assert ledger.clock("provider_answer").climbed == 1  # the notice that came with the breach
    assert ledger.events[-1].data["level"] == "red"
    assert ledger.events[-1].actor.role is Role.BUREAU


@pytest.mark.parametrize(
    ("statute", "script", "left"),
    [
        ("cn-809-2025", ("lapse provider_answer", "refer:requester"), "provider_answer"),
        ("nantong-2020", ("accept:bureau", "lapse provider_answer", "open_negotiation:requester"), "provider_answer"),
        ("cn-809-2025", (*TO_TABLE, "lapse negotiation", "refer:requester"), "negotiation"),
    ],
)
def test_nobody_is_urged_about_a_limit_that_was_left_behind(statute: str, script: tuple[str, ...], left: str) -> None:
    ledger = at(statute, *script)
    clock = ledger.clock(left)
    assert (clock.state, clock.ended_at, clock.open) == (ClockState.BREACHED, ledger.now, False)
    assert ledger.types().count("clock_cancelled") == 1
    ledger.wait(timedelta(days=400))
    urged = [event.data["level"] for event in ledger.events if event.data.get("clock") == left and "rung" in event.data]
    assert urged == ["notice"]


def test_nothing_to_urge_about() -> None:
    case = replace(at("changshu-2019").case, clocks={})
    with pytest.raises(Refused) as refused:
        decide(case, command("urge", "bureau"), MONDAY)
    assert (refused.value.code.value, refused.value.details) == ("wrong_stage", {"why": "no_clock"})
