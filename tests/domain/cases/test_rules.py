"""Who may do what, when, and what anybody else is told: the rules against the table of ``situations``."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.calendar import CHINA
from domain.cases.case import Case
from domain.cases.commands import InvalidFields
from domain.cases.decide import allowed, decide
from domain.cases.turn import Refused
from domain.words import ClockState, CommandName, Role
from tests.domain.cases.machine import GOOD, MONDAY, ORGS, TICK, PaperLedger, application, command, play
from tests.domain.cases.situations import LACKS, PASS, SITUATIONS, STAGES, Situation, reached


def answer(case: Case, name: str, role: str, fields: dict[str, Any] | None = None, org: str | None = None) -> str:
    """The refusal code, or PASS."""
    assert case.last_at is not None
    try:
        assert decide(case, command(name, role, fields, org), case.last_at)
    except Refused as refusal:
        return refusal.code.value
    return PASS


def refusal(ledger: PaperLedger, name: str, role: str, fields: dict[str, Any] | None = None) -> tuple[str, str | None]:
    """The code and the article with which a command is refused."""
    before = ledger.case
    with pytest.raises(Refused) as refused:
        ledger.give(name, role, fields)
    assert ledger.case is before
    if refused.value.clause is not None:
        assert refused.value.clause.quote
    return refused.value.code.value, refused.value.article


def at(statute: str, *script: Any, **filed: Any) -> PaperLedger:
    ledger = PaperLedger(statute, **filed)
    play(ledger, script)
    return ledger


# The table


def test_table_speaks_of_every_command() -> None:
    assert set(STAGES) == {name.value for name in CommandName} == {name.value for name in GOOD}
    assert len({str(s) for s in SITUATIONS}) == len(SITUATIONS)


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_who_may_do_what(situation: Situation) -> None:
    case = reached(str(situation))
    assert case.stage.value == situation.stage
    wrong = []
    for name in STAGES:
        for role in Role:
            got, expected = answer(case, name, role.value), situation.expected(name, role.value)
            if got not in expected:
                wrong.append(f"{name} by {role}: {got}, not {' or '.join(sorted(expected))}")
    assert not wrong


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_what_one_may_do_is_told(situation: Situation) -> None:
    case = reached(str(situation))
    for name in STAGES:
        for role in Role:
            if situation.expected(name, role.value) == {PASS}:
                assert CommandName(name) in allowed(case, role)
            elif name in LACKS[situation.statute] or role in (Role.PLATFORM, Role.AUDITOR, Role.OPERATOR):
                assert CommandName(name) not in allowed(case, role)


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_another_organisation_is_not_a_party(situation: Situation) -> None:
    case = reached(str(situation))
    for line in situation.may.split():
        name, role = line.split(":")
        if role in ("requester", "provider"):
            for org in ("113206000140000777", *ORGS.values()):
                expected = PASS if org == ORGS[Role(role)] else "not_your_turn"
                assert answer(case, name, role, org=org) == expected
        else:
            assert answer(case, name, role, org="113206000140000777") == PASS


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_silence_from_here(situation: Situation) -> None:
    ledger = situation.ledger()
    head = len(ledger.events)
    ledger.wait(timedelta(days=400))
    if ledger.case.outcome is not None and situation.silence is None:
        assert situation.stage == "closed"
    elif situation.silence is None:
        assert ledger.case.stage.value == situation.stage
    else:
        assert ledger.case.outcome is not None
        assert ledger.case.outcome.value == situation.silence
    decisions = {"granted", "refused", "decided", "adjudicated", "declined", "coordination_concluded"}
    assert not decisions & {event.type.value for event in ledger.events[head:]}


# Filing


FILINGS = [
    # statute, class, authorization, stage, clock, amount
    ("changshu-2019", "unconditional", None, "closed", None, None),
    ("changshu-2019", "conditional", None, "provider_answer", "provider_answer", 5),
    ("changshu-2019", "not_shared", None, "negotiation", "negotiation", 10),
    ("yima-2021", "unconditional", None, "closed", None, None),
    ("yima-2021", "conditional", None, "provider_answer", "provider_answer", 5),
    ("yima-2021", "not_shared", None, "negotiation", "negotiation", 10),
    ("changzhou-2018", "unconditional", None, "closed", None, None),
    ("changzhou-2018", "conditional", None, "provider_answer", "provider_answer", 10),
    ("changzhou-2018", "not_shared", None, "negotiation", "negotiation", 10),
    ("nantong-2020", "unconditional", None, "completeness_check", "completeness_check", 1),
    ("nantong-2020", "conditional", None, "completeness_check", "completeness_check", 1),
    ("nantong-2020", "not_shared", None, "completeness_check", "completeness_check", 1),
    ("zhejiang-2014", "unconditional", None, "closed", None, None),
    ("zhejiang-2014", "conditional", None, "provider_answer", "provider_answer", 5),
    ("cn-809-2025", "unconditional", None, "provider_answer", "provider_answer", 1),
    ("cn-809-2025", "conditional", None, "provider_answer", "provider_answer", 10),
]


@pytest.mark.parametrize(("statute", "sharing", "authorization", "stage", "clock", "amount"), FILINGS)
def test_filing_opens(
    statute: str, sharing: str, authorization: str | None, stage: str, clock: str | None, amount: int | None
) -> None:
    ledger = PaperLedger(statute, sharing_class=sharing, authorization=authorization)
    assert ledger.case.stage.value == stage
    if clock is None:
        assert ledger.case.outcome is not None
        assert ledger.case.outcome.value == "granted"
        assert ledger.types() == ["filed", "granted", "closed"]
        assert not ledger.case.clocks
        return
    assert ledger.case.outcome is None
    assert [(c.id.value, c.amount, c.unit.value) for c in ledger.case.clocks.values()] == [
        (clock, amount, "working_day")
    ]
    assert (ledger.clock(clock).basis.value == "policy") == (clock == "negotiation")


@pytest.mark.parametrize(
    ("sharing", "authorization", "stage", "days"),
    [
        ("unconditional", None, "platform_authorization", 2),
        ("unconditional", "provider", "provider_answer", 10),
        ("conditional", None, "provider_answer", 10),
        ("conditional", "platform", "platform_authorization", 2),
        ("not_shared", None, "provider_answer", 10),
        ("not_shared", "platform", "provider_answer", 10),
    ],
)
def test_nantong_goes_to_whoever_authorises(sharing: str, authorization: str | None, stage: str, days: int) -> None:
    ledger = at("nantong-2020", "accept:bureau", sharing_class=sharing, authorization=authorization)
    assert ledger.case.stage.value == stage
    assert ledger.clock(stage).amount == days
    assert ("forwarded" in ledger.types()) == (stage == "provider_answer")


INCOMPLETE = {"changshu-2019": "5", "yima-2021": "15", "changzhou-2018": "4", "nantong-2020": "20"}
REFUSED_FILINGS = [
    *((statute, {"purpose": None}, "application_incomplete", article) for statute, article in INCOMPLETE.items()),
    *((statute, {"scope": "  "}, "application_incomplete", article) for statute, article in INCOMPLETE.items()),
    ("cn-809-2025", {"purpose": None}, "application_incomplete", "20"),
    ("zhejiang-2014", {"scope": None}, "application_incomplete", "26"),
    ("yima-2021", {"item_count": None}, "application_incomplete", "15"),
    ("yima-2021", {"provider": {}, "purpose": None}, "application_incomplete", "15"),
    ("changshu-2019", {"requester": {"name": "南通市民政局"}}, "application_incomplete", None),
    ("changshu-2019", {"provider": {"code": "113206000140000028"}}, "application_incomplete", None),
    ("changshu-2019", {"resource": {"code": "X", "sharing_class": "conditional"}}, "application_incomplete", None),
    ("changshu-2019", {"resource": {"code": "X", "name": "某库"}}, "application_incomplete", None),
    ("changshu-2019", {"contains_state_secret": True}, "secret_data_excluded", "5"),
    ("cn-809-2025", {"contains_state_secret": True, "purpose": None}, "secret_data_excluded", "3"),
    ("nantong-2020", {"contains_state_secret": True}, "secret_data_excluded", "3"),
    ("zhejiang-2014", {"sharing_class": "not_shared"}, "class_not_shareable", "6"),
    ("cn-809-2025", {"sharing_class": "not_shared"}, "class_not_shareable", "14"),
    ("changshu-2019", {"sharing_class": "not_shared", "justification": None}, "justification_required", "19"),
    ("yima-2021", {"sharing_class": "not_shared", "justification": " "}, "justification_required", "15"),
    ("changzhou-2018", {"sharing_class": "not_shared", "justification": None}, "justification_required", "17"),
    ("nantong-2020", {"disputes_grant": "R-0", "justification": None}, "justification_required", "27"),
    *(
        (statute, {"disputes_grant": "R-0"}, "instance_not_available", article)
        for statute, article in [("changshu-2019", "19"), ("cn-809-2025", "28"), ("zhejiang-2014", "26")]
    ),
]


@pytest.mark.parametrize(("statute", "changes", "code", "article"), REFUSED_FILINGS)
def test_filing_refused(statute: str, changes: dict[str, Any], code: str, article: str | None) -> None:
    with pytest.raises(Refused) as refused:
        PaperLedger(statute, **changes)
    assert (refused.value.code.value, refused.value.article) == (code, article)


@pytest.mark.parametrize("statute", ["changshu-2019", "nantong-2020", "cn-809-2025", "zhejiang-2014", "changzhou-2018"])
def test_item_count_is_for_yima_alone(statute: str) -> None:
    assert PaperLedger(statute, item_count=None).case.filed


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(Refused) as refused:
        PaperLedger("yima-2021", purpose=None, scope=None, item_count=None, provider={})
    assert refused.value.details == {"fields": "provider.code, provider.name, purpose, scope, item_count"}


# Fields that a command must have

TO_YIMA_DECISION = ("refuse:provider", "open_negotiation:requester", "declare_impasse:provider", "refer:requester")
TO_TABLE = ("refuse:provider", "open_negotiation:requester")
NO = {"result": "not_agreed"}
ARTICLES = [("changshu-2019", "19"), ("yima-2021", "15"), ("changzhou-2018", "17"), ("zhejiang-2014", "26")]
ARTICLE_OF_DISPUTES = [*ARTICLES, ("cn-809-2025", "28")]
TO_FINAL = (*TO_YIMA_DECISION, "conclude_coordination:bureau", "refer_final:bureau")

NEEDED = [
    # statute, script, command, role, the rest of its fields, the field, code, article
    ("nantong-2020", (), "decline", "bureau", {}, "reason", "reason_required", "21"),
    ("nantong-2020", ("accept:bureau",), "refuse", "provider", {}, "reason", "reason_required", "22"),
    *((s, (), "refuse", "provider", {"legal_basis": "某法"}, "reason", "reason_required", a) for s, a in ARTICLES),
    ("cn-809-2025", (), "refuse", "provider", {}, "reason", "reason_required", "21"),
    ("cn-809-2025", (), "request_extension", "provider", {"working_days": 2}, "reason", "reason_required", "21"),
    (
        "cn-809-2025",
        ("request_extension:provider",),
        "deny_extension",
        "bureau",
        {},
        "reason",
        "reason_required",
        "21",
    ),
    *((s, TO_TABLE, "declare_impasse", "provider", {}, "reason", "reason_required", a) for s, a in ARTICLE_OF_DISPUTES),
    *(
        (s, (*TO_TABLE, "lapse negotiation"), "refer", "bureau", {}, "reason", "reason_required", a)
        for s, a in ARTICLE_OF_DISPUTES
    ),
    *(
        (s, TO_YIMA_DECISION, "conclude_coordination", "bureau", NO, "reason", "reason_required", a)
        for s, a in ARTICLE_OF_DISPUTES
    ),
    (
        "yima-2021",
        (*TO_YIMA_DECISION, "conclude_coordination:bureau"),
        "adjudicate",
        "bureau",
        {"decision": "deny"},
        "reason",
        "reason_required",
        "16",
    ),
    *(
        (s, TO_FINAL, "decide", who, {"decision": decision}, "reason", "reason_required", a)
        for s, who, a in [
            ("changshu-2019", "leading_group", "19"),
            ("zhejiang-2014", "government", "5"),
            ("cn-809-2025", "government", "28"),
        ]
        for decision in ("grant", "deny", "return")
    ),
    *((s, (), "withdraw", "requester", {}, "reason", "reason_required", None) for s, _ in ARTICLE_OF_DISPUTES),
    ("yima-2021", (), "refuse", "provider", {"reason": "涉密"}, "legal_basis", "legal_basis_required", "15"),
    *(
        (s, ("refuse:provider",), "open_negotiation", "requester", {}, "justification", "justification_required", a)
        for s, a in ARTICLE_OF_DISPUTES
    ),
    *(
        (s, TO_FINAL[:-1], "refer_final", "bureau", {"reason": "协调未果"}, "necessity", "necessity_required", a)
        for s, a in [("changshu-2019", "19"), ("zhejiang-2014", "5")]
    ),
]


@pytest.mark.parametrize(("statute", "script", "name", "role", "rest", "field", "code", "article"), NEEDED)
def test_needed_field(
    statute: str,
    script: tuple[str, ...],
    name: str,
    role: str,
    rest: dict[str, Any],
    field: str,
    code: str,
    article: str | None,
) -> None:
    ledger = at(statute, *script)
    for absent in ({}, {field: None}, {field: ""}, {field: " \n"}):
        assert refusal(ledger, name, role, {**rest, **absent}) == (code, article)
    assert ledger.give(name, role, {**rest, field: "说明"})


def test_refusal_for_the_platform_needs_a_reason() -> None:
    ledger = at("nantong-2020", "accept:bureau", authorization="platform")
    assert refusal(ledger, "refuse_authorization", "bureau", {"legal_basis": "某法"}) == ("reason_required", "23")
    ledger.give("refuse_authorization", "bureau", {"reason": "用途不明"})
    assert ledger.events[-1].clock is not None
    refused = next(event for event in ledger.events if event.type.value == "refused")
    assert (refused.article, refused.data) == ("23", {"reason": "用途不明"})


@pytest.mark.parametrize("statute", ["changshu-2019", "changzhou-2018", "zhejiang-2014", "cn-809-2025"])
def test_legal_basis_is_for_yima_alone(statute: str) -> None:
    assert at(statute, ("refuse:provider", {"reason": "涉及未成年人"})).case.stage.value == "refused"


def test_necessity_is_not_for_the_national_regulation() -> None:
    ledger = at("cn-809-2025", *TO_FINAL[:-1], ("refer_final:bureau", {}))
    assert ledger.case.stage.value == "final_instance"


@pytest.mark.parametrize(
    ("statute", "role", "article"),
    [
        ("changshu-2019", "provider", None),
        ("nantong-2020", "bureau", None),
        ("cn-809-2025", "provider", "21"),
    ],
)
def test_missing_list(statute: str, role: str, article: str | None) -> None:
    ledger = at(statute)
    nothing: list[dict[str, Any]] = [{}, {"missing": None}, {"missing": []}, {"missing": ["", "  "]}]
    for missing in nothing:
        assert refusal(ledger, "return_for_supplement", role, missing) == ("missing_list_required", article)
    ledger.give("return_for_supplement", role, {"missing": ["申请表", " "]})
    ledger.give("supplement", "requester")
    again = refusal(ledger, "return_for_supplement", role)
    assert again == ("supplement_already_requested", article)
    asked = next(event for event in ledger.events if event.type.value == "supplement_requested")
    assert asked.data["missing"] == ["申请表"]


def test_a_field_that_cannot_be_is_an_error_and_not_a_refusal() -> None:
    ledger = at("cn-809-2025")
    impossible: list[tuple[str, str, dict[str, Any]]] = [
        ("grant", "provider", {"unheard_of": 1}),
        ("request_extension", "provider", {"reason": "清洗"}),
        ("request_extension", "provider", {"reason": "清洗", "working_days": 0}),
        ("urge", "bureau", {"level": "pink"}),
        ("refuse", "provider", {"reason": "\x00"}),
    ]
    for name, role, fields in impossible:
        with pytest.raises(InvalidFields):
            ledger.give(name, role, fields)


@pytest.mark.parametrize(
    ("script", "name", "role", "fields"),
    [
        (("refuse:provider", "open_negotiation:requester"), "propose", "provider", {"terms": {}}),
        (("grant:provider",), "deliver", "provider", {"mode": "  "}),
        (("grant:provider",), "deliver", "provider", {}),
        (TO_YIMA_DECISION, "conclude_coordination", "bureau", {"result": "maybe", "reason": "未果"}),
        (TO_FINAL, "decide", "government", {"decision": "perhaps", "reason": "未果"}),
    ],
)
def test_required_fields_without_a_code(script: tuple[str, ...], name: str, role: str, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidFields):
        at("cn-809-2025", *script).give(name, role, fields)


# Extensions


def ask(days: int) -> dict[str, Any]:
    return {"reason": "清洗", "working_days": days}


def test_extensions_together_stay_within_ten_days() -> None:
    ledger = at("cn-809-2025")
    assert refusal(ledger, "request_extension", "provider", ask(11)) == ("extension_too_long", "21")
    play(ledger, [("request_extension:provider", ask(6)), "approve_extension:bureau"])
    assert refusal(ledger, "request_extension", "provider", ask(5)) == ("extension_too_long", "21")
    # A denied one takes nothing from the ten.
    play(ledger, [("request_extension:provider", ask(4)), "deny_extension:bureau"])
    play(ledger, [("request_extension:provider", ask(4)), "approve_extension:bureau"])
    assert refusal(ledger, "request_extension", "provider", ask(1)) == ("extension_too_long", "21")
    clocks = [(c.amount, c.state.value, c.supersedes) for c in ledger.case.clocks.values()]
    assert clocks == [(10, "superseded", None), (16, "superseded", 1), (20, "running", 2)]
    assert {c.started_at for c in ledger.case.clocks.values()} == {MONDAY}
    assert {c.article for c in ledger.case.clocks.values()} == {"21"}
    assert "延长的期限" in (ledger.clock("provider_answer").quote or "")


def test_a_provider_cannot_consent_for_itself() -> None:
    ledger = at("cn-809-2025", "request_extension:provider")
    assert refusal(ledger, "approve_extension", "provider") == ("extension_needs_consent", "21")


@pytest.mark.parametrize(
    ("statute", "script", "article"),
    [("changshu-2019", (), "19"), ("yima-2021", (), "15"), ("nantong-2020", ("accept:bureau",), "22")],
)
def test_no_extension_here(statute: str, script: tuple[str, ...], article: str) -> None:
    assert refusal(at(statute, *script), "request_extension", "provider") == ("extension_not_provided", article)


def test_no_extension_of_the_one_day_for_unconditional_sharing() -> None:
    ledger = at("cn-809-2025", sharing_class="unconditional")
    assert refusal(ledger, "request_extension", "provider") == ("extension_not_provided", "21")


def test_articles_of_what_is_not_there() -> None:
    assert refusal(at("cn-809-2025"), "decline", "bureau") == ("decline_not_allowed", "21")
    assert refusal(at("nantong-2020"), "refer", "bureau") == ("instance_not_available", "27")
    assert refusal(at("changzhou-2018"), "decide", "leading_group") == ("instance_not_available", "17")
    assert refusal(at("yima-2021"), "refer_final", "bureau") == ("instance_not_available", "16")
    assert refusal(at("changshu-2019"), "adjudicate", "bureau") == ("instance_not_available", "19")
    assert refusal(at("changshu-2019", "refuse:provider"), "refer", "bureau") == ("negotiation_must_come_first", "19")


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
