"""From a provider's missed answer to the last step of each text, and every ground that a text lists."""

import time
from datetime import timedelta
from typing import Any

import pytest

from domain.statutes.loader import packaged_statutes
from domain.statutes.model import Statute
from domain.statutes.sections import Ground
from domain.words import Role
from embedded.testing.engine import ShareflowEngine
from shareflow import Case, RequestRefused
from tests.covering import few
from tests.forms import either

USER, PROVIDER, BUREAU = "113206000140000015", "113206000140000028", "bureau"
PATIENCE = 60
"""Seconds in which a case that follows must be there."""

GROUNDS = [
    (statute, ground)
    for statute in packaged_statutes().values()
    if statute.rectification
    for ground in statute.rectification.grounds
]


def ordering(statute: Statute, ground: Ground) -> Role:
    """Who orders it, of the organs that the text lets order it."""
    assert statute.rectification is not None
    return ground.by or statute.rectification.by


A_FEW = [GROUNDS[number] for number in few({n: {s.id, g.id, ordering(s, g)} for n, (s, g) in enumerate(GROUNDS)})]
"""Each ground under some text, each text, each organ."""


def ordered_after_silence(engine: ShareflowEngine, statute: str, resource: str) -> tuple[Case, Case]:
    """A request whose provider stayed silent, and the rectification that the bureau ordered for it."""
    matter = {
        "requester": {"code": USER, "name": "市民政局"},
        "provider": {"code": PROVIDER, "name": "市公安局"},
        "resource": {"code": resource, "name": "常住人口基本信息", "sharing_class": "conditional"},
        "purpose": "低保资格核验",
        "scope": "姓名、户籍状态",
        "item_count": 3,
    }
    case = engine.client("requester", USER).file(statute, matter)
    engine.advance(until=case.clock("provider_answer").due_at + timedelta(hours=1))
    engine.client("bureau", BUREAU).command(case.request_id, "order_rectification", working_days=3)
    return case, opened_by(engine, case.request_id)


def opened_by(engine: ShareflowEngine, case: str) -> Case:
    """The one rectification that follows from a case, once it stands in the ledger."""
    auditor = engine.client("auditor", "audit")
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        found = list(auditor.list_cases(opened_by=case, procedure="rectification"))
        if found:
            assert len(found) == 1
            return auditor.get(found[0].request_id)
    raise AssertionError(f"no rectification was opened by {case}")


def events(engine: ShareflowEngine, case: str) -> list[Any]:
    return list(engine.client("auditor", "audit").events(case))


def test_changshu_silence_to_the_leading_group(engine: ShareflowEngine) -> None:
    bureau = engine.client("bureau", BUREAU)
    leading_group = engine.client("leading_group", "leading-group")
    case, notice = ordered_after_silence(engine, "changshu-2019", "CS-GA-0700")
    assert notice.opened_by == case.request_id
    limit = notice.clock("rectification")
    assert (limit.basis, limit.article, limit.amount) == ("decision", "28", 3)
    filed = events(engine, notice.request_id)[0]
    assert (filed.type, filed.data["ground"], filed.data["provider"]) == ("filed", "late_answer", PROVIDER)
    assert filed.data["origin"]["request_id"] == case.request_id

    engine.advance(until=limit.due_at + timedelta(hours=1))
    assert bureau.get(notice.request_id).clock("rectification").state == "breached"
    with pytest.raises(RequestRefused) as refused:
        bureau.command(notice.request_id, "escalate", reason="逾期未整改")
    assert refused.value.code == "seriousness_required"
    bureau.command(notice.request_id, "escalate", reason="逾期未整改", serious="影响低保发放")
    step = next(event for event in events(engine, notice.request_id) if event.type == "escalated")
    assert (step.data["step"], step.data["to"], step.article) == ("leading_group_report", "leading_group", "28")
    leading_group.command(notice.request_id, "conclude_rectification", result="handed_over", reason="移送有关部门")
    assert bureau.get(notice.request_id).outcome == "handed_over"
    assert bureau.get(case.request_id).stage == "provider_answer", "nothing was decided for the provider"


def test_yima_silence_to_the_government(engine: ShareflowEngine) -> None:
    bureau, government = engine.client("bureau", BUREAU), engine.client("government", "government")
    case, notice = ordered_after_silence(engine, "yima-2021", "YM-GA-0700")
    limit = notice.clock("rectification")
    assert (notice.opened_by, limit.basis, limit.article) == (case.request_id, "decision", "23")
    with pytest.raises(RequestRefused) as refused:
        bureau.command(notice.request_id, "escalate", reason="未整改")
    assert refused.value.code == "rectification_must_fail_first"

    engine.advance(until=limit.due_at + timedelta(hours=1))
    bureau.command(notice.request_id, "escalate", reason="逾期未整改")
    step = next(event for event in events(engine, notice.request_id) if event.type == "escalated")
    assert (step.data["step"], step.data["to"], step.article) == ("government_report", "government", "23")
    engine.client("provider", PROVIDER).command(notice.request_id, "report_completion", measures="已答复")
    assert bureau.get(notice.request_id).stage == "escalated", "what went further stays with its organ"
    government.command(notice.request_id, "conclude_rectification", result="rectified", reason="督办后已整改")
    closed = bureau.get(notice.request_id)
    assert (closed.outcome, closed.clock("rectification").state) == ("rectified", "met_late")


def test_the_same_breach_is_rectified_once(engine: ShareflowEngine) -> None:
    case, _ = ordered_after_silence(engine, "yima-2021", "YM-GA-0701")
    with pytest.raises(RequestRefused) as refused:
        engine.client("bureau", BUREAU).command(case.request_id, "order_rectification", working_days=3)
    assert refused.value.code == "no_breach_to_rectify"


@pytest.mark.long
@pytest.mark.parametrize(("statute", "ground"), either(A_FEW, GROUNDS), ids=lambda it: it.id)
def test_every_ground_of_a_text_can_be_ordered(engine: ShareflowEngine, statute: Statute, ground: Ground) -> None:
    """By whom the text lets order it, citing the ground's own clause, with the limit under the clause of the notice."""
    assert statute.rectification is not None
    orders = ordering(statute, ground)
    matter = {
        "department": {"code": PROVIDER, "name": "市公安局"},
        "ground": ground.id,
        "facts": "查实",
        "working_days": 3,
    }
    case = engine.client(orders.value, orders.value).open_case("rectification", statute.id, matter)
    notice = ground.notice or statute.rectification.clause
    assert case.clock("rectification").article == notice.article
    filed = events(engine, case.request_id)[0]
    assert (filed.article, filed.data["ground"]) == (ground.clause.article, ground.id)
