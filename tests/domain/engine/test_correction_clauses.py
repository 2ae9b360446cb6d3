"""What each act of a data correction rests on: art. 26 for the answer to a doubt, and for nothing else."""

from dataclasses import replace
from datetime import datetime

import pytest

from domain.calendar import CHINA
from domain.engine.commands import Command
from domain.engine.records import Actor, Event
from domain.policy import default_policy
from domain.statutes.loader import get_statute
from domain.words import CommandName, EventType, ProcedureName, Role, Stage
from procedures.data_correction.rules import Correction, CorrectionCase
from procedures.registry import PROCEDURES, decide

AT = datetime(2026, 3, 5, 10, tzinfo=CHINA)
SAID = {
    "requester": {"code": "A", "name": "市民政局"},
    "provider": {"code": "B", "name": "市公安局"},
    "resource": {"code": "GA-0001", "name": "常住人口基本信息"},
    "doubt": "户籍状态与实际不符",
}


def _case(statute: str, stage: Stage, **facts: bool) -> CorrectionCase:
    matter = Correction.model_validate(SAID)
    case = PROCEDURES[ProcedureName.DATA_CORRECTION].new_case("R-1", get_statute(statute), default_policy(), matter)
    assert isinstance(case, CorrectionCase)
    return replace(case, head=1, stage=stage, opener=Role.REQUESTER, **facts)


def _events(case: CorrectionCase, name: CommandName, role: Role, org: str) -> list[Event]:
    fields = {"correction": "已更正"} if name is CommandName.CORRECT else {}
    return decide(case, Command(name=name, actor=Actor(role=role, org=org), fields=fields, key="k"), AT)


CORRECTED = [
    ("cn-809-2025", {}, ("26", None)),
    ("cn-809-2025", {"must_correct": True}, ("28", None)),
    ("cn-809-2025", {"must_correct": True, "by_government": True}, ("28", None)),
    ("zhejiang-2014", {}, ("17", None)),
    ("zhejiang-2014", {"must_correct": True}, ("17", None)),
    ("zhejiang-2014+809", {"must_correct": True, "by_government": True}, ("28", "cn-809-2025")),
    ("nantong-2020", {}, ("29", None)),
    ("nantong-2020+809", {"must_correct": True}, ("28", "cn-809-2025")),
]


@pytest.mark.parametrize(("statute", "facts", "cited"), CORRECTED)
def test_what_a_correction_rests_on(statute: str, facts: dict[str, bool], cited: tuple[str, str | None]) -> None:
    events = _events(_case(statute, Stage.VERIFICATION, **facts), CommandName.CORRECT, Role.PROVIDER, "B")
    corrected = next(event for event in events if event.type is EventType.CORRECTED)
    assert (corrected.article, corrected.statute) == cited


PUSHED = [
    ("cn-809-2025", Role.PROVIDER, None),
    ("changshu-2019+809", Role.PROVIDER, None),
    ("zhejiang-2014+809", Role.PROVIDER, None),
    ("nantong-2020", Role.BUREAU, "29"),
    ("nantong-2020+809", Role.BUREAU, "29"),
]


@pytest.mark.parametrize(("statute", "by", "article"), PUSHED)
def test_a_push_that_no_text_orders_cites_none(statute: str, by: Role, article: str | None) -> None:
    org = "B" if by is Role.PROVIDER else "局"
    events = _events(_case(statute, Stage.PUSH, must_correct=True), CommandName.PUSH_DATA, by, org)
    pushed = next(event for event in events if event.type is EventType.DATA_PUSHED)
    assert (pushed.article, pushed.statute) == (article, None)


def test_no_page_says_that_the_regulation_orders_a_push() -> None:
    for statute in ("cn-809-2025", "yima-2021+809", "changzhou-2018+809"):
        rules = get_statute(statute).correction
        assert rules is not None
        assert rules.push is not None
        assert rules.push.clause is None
