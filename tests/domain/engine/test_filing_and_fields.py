"""What a filing and a command must say, and extensions."""

from typing import Any

import pytest

from domain.engine.commands import InvalidFields
from domain.engine.decision import Refused
from tests.domain.engine.asking import TO_FINAL, TO_TABLE, TO_YIMA_DECISION, at, refusal
from tests.domain.engine.machine import MONDAY, PaperLedger, play

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
    ("yima-2021", {"disputes_grant": "R-0", "justification": None}, "justification_required", "16"),
    ("cn-809-2025", {"disputes_grant": "R-0", "justification": None}, "justification_required", "28"),
    *(
        (statute, {"disputes_grant": "R-0"}, "instance_not_available", article)
        for statute, article in [("changshu-2019", "19"), ("changzhou-2018", "17"), ("zhejiang-2014", "26")]
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

NO = {"result": "not_agreed"}
ARTICLES = [("changshu-2019", "19"), ("yima-2021", "15"), ("changzhou-2018", "17"), ("zhejiang-2014", "26")]
ARTICLE_OF_DISPUTES = [*ARTICLES, ("cn-809-2025", "28")]


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
