"""Each scenario played in pure Python, and what all of them together show of the declared processes.

What comes of a scenario here is what comes of it on a real server (``tests/test_scenarios.py``), in a second instead of
a minute. Together they walk every way that a process declares under some packaged text, and no other; what two cases
do together, and what no packaged text has, is shown here one by one.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from domain.clocks import ClockId
from domain.engine.commands import Command
from domain.engine.decide import by_itself
from domain.engine.decision import PLATFORM
from domain.engine.records import Actor
from domain.statutes.loader import get_statute, packaged_statutes
from domain.statutes.model import Statute
from domain.words import CommandName, ProcedureName, Role, Stage
from procedures.registry import PROCEDURES
from procedures.resource_withdrawal.rules import grant_ended
from starter.scenarios import read_scenario
from tests.plays import FILES, FOLDER, on_paper
from tests.pure_play import WatchedCase, Way, declared_ways, play_purely, way

ENDS = (Stage.CLOSED, Stage.DISPOSAL)
GRANTS: Final[Mapping[Stage, str]] = {
    Stage.IN_USE: "national-disposed-while-in-use",
    Stage.SUSPENDED: "national-suspended-then-restored",
    Stage.COORDINATION: "national-end-disputed-provider-may-end",
    Stage.FINAL_INSTANCE: "national-end-disputed-provider-may-end",
    Stage.EXPIRED: "national-disposal-after-the-term",
}
"""A scenario whose grant comes by a stage, for each in which the withdrawal of the resource alone ends the service."""

OF_TWO_CASES: Final[Mapping[ProcedureName, set[Way]]] = {
    ProcedureName.ACCESS_GRANT: {way(stage, CommandName.END_SERVICE, end) for stage in GRANTS for end in ENDS},
    ProcedureName.RESOURCE_WITHDRAWAL: {way(Stage.WITHDRAWING, None, Stage.WITHDRAWING)},
}
"""The ways that a case takes because of another, which no scenario of one case can walk."""
TOLD_BY_ANOTHER: Final[Mapping[ProcedureName, set[CommandName]]] = {
    ProcedureName.ACCESS_GRANT: {CommandName.NOTE_RECTIFICATION}
}
"""The commands that another case alone gives."""

ADJUDICATED = way(Stage.COORDINATION, CommandName.ADJUDICATE, Stage.DELIVERY)
PROVINCIAL = way(Stage.REFUSED, CommandName.REFER, Stage.FINAL_INSTANCE)
CORRECTED = way(Stage.NEGOTIATION, CommandName.CORRECT, Stage.CLOSED)
REVOKED = way(Stage.IN_USE, CommandName.REVOKE, Stage.DISPOSAL)
OF_NO_PACKAGED_TEXT: Final[Mapping[ProcedureName, set[Way]]] = {
    ProcedureName.SHARE_REQUEST: {ADJUDICATED, PROVINCIAL},
    ProcedureName.DATA_CORRECTION: {CORRECTED},
    ProcedureName.ACCESS_GRANT: {REVOKED},
}
"""The ways that the rules have for a text that says what no packaged text says together."""

SHOWN_BELOW: Final[Mapping[ProcedureName, set[tuple[Stage, ClockId]]]] = {
    ProcedureName.SHARE_REQUEST: {(Stage.COMPLETENESS_CHECK, ClockId.PROVIDER_ANSWER)},
}
"""The limits that start in a stage of others in no scenario, and are shown here one by one."""


def cases_of(procedure: ProcedureName) -> list[WatchedCase]:
    """The cases of a procedure in all scenarios, those that were refused at the filing left out."""
    cases = [play.paper for play in map(on_paper, FILES) if play.paper is not None]
    return [case for case in cases if case.procedure.name is procedure]


def walked(procedure: ProcedureName) -> set[Way]:
    """Every way that a case of a procedure takes in some scenario."""
    return {step for case in cases_of(procedure) for step in case.watch.walked}


# All scenarios together


@pytest.mark.parametrize("procedure", ProcedureName)
def test_every_declared_way_is_walked(procedure: ProcedureName) -> None:
    """Each exception is needed: a way that a scenario walks, or that is declared no longer, may not be among them."""
    exceptions = OF_TWO_CASES.get(procedure, set()) | OF_NO_PACKAGED_TEXT.get(procedure, set())
    missing = set(declared_ways(PROCEDURES[procedure].process)) - walked(procedure)
    assert sorted(map(str, missing)) == sorted(map(str, exceptions))


@pytest.mark.parametrize("procedure", ProcedureName)
def test_each_text_has_but_ways_that_the_process_has(procedure: ProcedureName) -> None:
    """What a text has is part of the whole, and all texts together lack only what is said to be of none."""
    process = PROCEDURES[procedure].process
    whole = set(declared_ways(process))
    packaged = {step for text in packaged_statutes().values() for step in declared_ways(process.under(text))}
    assert packaged <= whole
    assert OF_NO_PACKAGED_TEXT.get(procedure, set()) == whole - packaged


@pytest.mark.parametrize("procedure", ProcedureName)
def test_every_declared_command_is_given(procedure: ProcedureName) -> None:
    declared = {command for stage in PROCEDURES[procedure].process.stages for command in stage.commands}
    given = {CommandName(step.name) for step in walked(procedure) if step.by == "command"}
    assert declared - given == TOLD_BY_ANOTHER.get(procedure, set())


@pytest.mark.parametrize("procedure", ProcedureName)
def test_every_declared_limit_runs_in_its_stage(procedure: ProcedureName) -> None:
    declared = {(it.stage, clock) for it in PROCEDURES[procedure].process.stages for clock in it.limits}
    ran = {pair for case in cases_of(procedure) for pair in case.watch.ran}
    assert not declared - ran


@pytest.mark.parametrize("procedure", ProcedureName)
def test_every_limit_that_starts_in_a_stage_of_others_does_so(procedure: ProcedureName) -> None:
    """Each exception is needed: what a scenario shows, or what is declared no longer, may not be among them."""
    declared = {(it.stage, clock) for it in PROCEDURES[procedure].process.stages for clock in it.also_starts}
    started = {pair for case in cases_of(procedure) for pair in case.watch.started}
    assert declared - started == SHOWN_BELOW.get(procedure, set())


# What takes two cases


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("stage", GRANTS)
def test_a_grant_ends_with_its_resource_in_every_stage(stage: Stage, end: Stage) -> None:
    grant = _come_to(f"access_grant/{GRANTS[stage]}", stage)
    asked_before = grant.case.disposal_is_due
    if end is Stage.DISPOSAL and not asked_before:
        _give(grant, CommandName.REQUIRE_DISPOSAL, Role.PROVIDER, disposal="删除全部副本")
    if end is Stage.CLOSED and asked_before:
        _give(grant, CommandName.REPORT_DISPOSAL, Role.REQUESTER, disposal="已全部删除")
    _give(grant, CommandName.END_SERVICE, Role.PLATFORM, by_case="R-2", withdrawal="R-2", reason="系统整合")
    assert (grant.case.stage, grant.case.ended_as) == (end, "ended")
    assert way(stage, CommandName.END_SERVICE, end) in grant.watch.walked


def test_a_rectification_tells_the_suspended_grant() -> None:
    grant = _come_to("access_grant/national-suspended-then-restored", Stage.SUSPENDED)
    of = grant.case.rectification
    _give(grant, CommandName.NOTE_RECTIFICATION, Role.PLATFORM, by_case=of, rectification=of, what="accepted")
    assert way(Stage.SUSPENDED, CommandName.NOTE_RECTIFICATION, Stage.SUSPENDED) in grant.watch.walked


def test_a_withdrawal_waits_until_the_last_grant_has_ended() -> None:
    withdrawal = _come_to("resource_withdrawal/national-no-users-is-filed-at-once", Stage.WITHDRAWAL_NOTICE)
    withdrawal.lapse(ClockId.WITHDRAWAL_NOTICE)
    for grant in ("R-2", "R-3"):
        rule = grant_ended(grant, {"code": "113206000140000015", "name": "市民政局"}, gone=False)
        withdrawal.record(by_itself(withdrawal.procedure, withdrawal.case, withdrawal.now, rule), None)
        assert withdrawal.case.stage is Stage.WITHDRAWING
    assert OF_TWO_CASES[ProcedureName.RESOURCE_WITHDRAWAL] <= withdrawal.watch.walked


# What no packaged text has


def test_an_adjudication_leads_to_a_delivery_that_the_text_limits() -> None:
    delivery = next(limit for limit in get_statute("cn-809-2025").limits if limit.clock is ClockId.DELIVERY)
    text = _text("yima-2021", lambda text: {"limits": (*text.limits, delivery)})
    request = _come_to("yima-2021/adjudicated-grant", Stage.DELIVERY, text)
    assert ADJUDICATED in request.watch.walked


def test_a_refusal_by_a_provincial_department_may_be_referred_without_negotiation() -> None:
    def at_once(text: Statute) -> dict[str, Any]:
        assert text.coordination is not None
        return {"coordination": text.coordination.model_copy(update={"negotiation_first": False})}

    text = _text("changzhou-2018", at_once)
    request = _come_to("changzhou-2018/provincial-to-leading-group-granted", Stage.REFUSED, text)
    _give(request, CommandName.REFER, Role.REQUESTER, reason="因履行职责确需使用")
    assert PROVINCIAL in request.watch.walked


def test_a_correction_that_was_negotiated_and_nobody_pushes_is_done() -> None:
    def without_push(text: Statute) -> dict[str, Any]:
        assert text.correction is not None
        return {"correction": text.correction.model_copy(update={"push": None})}

    doubt = _come_to(
        "data_correction/nantong-negotiated-then-corrected", Stage.CLOSED, _text("nantong-2020", without_push)
    )
    assert CORRECTED in doubt.watch.walked


def test_a_grant_unused_for_long_may_be_revoked_with_disposal() -> None:
    def disposed_of(text: Statute) -> dict[str, Any]:
        assert text.access is not None
        return {"access": text.access.model_copy(update={"disposal": text.access.clause})}

    text = _text("nantong-2020", disposed_of)
    grant = _come_to("access_grant/nantong-unused-then-revoked", Stage.IN_USE, text)
    grant.lapse(ClockId.UNUSED_ACCESS)
    _give(grant, CommandName.REVOKE, Role.PROVIDER, reason="长期不使用", disposal="删除全部副本")
    assert REVOKED in grant.watch.walked


def test_an_answer_may_count_from_the_filing_although_the_papers_are_checked_first() -> None:
    def from_the_filing(text: Statute) -> dict[str, Any]:
        counted = [it.model_copy(update={"from_filing": it.clock is ClockId.PROVIDER_ANSWER}) for it in text.limits]
        return {"limits": tuple(counted)}

    text = _text("nantong-2020", from_the_filing)
    request = _come_to("nantong-2020/refused-late-then-impasse", Stage.COMPLETENESS_CHECK, text)
    assert SHOWN_BELOW[ProcedureName.SHARE_REQUEST] <= request.watch.started


def _come_to(name: str, stage: Stage, text: Statute | None = None) -> WatchedCase:
    """The case of a scenario after the first step that leaves it in a stage; under another text where one is given."""
    scenario = read_scenario(FOLDER / f"{name}.yaml")
    for count in range(len(scenario.steps) + 1):
        so_far = scenario.model_copy(update={"steps": scenario.steps[:count], "until": None})
        paper = play_purely(so_far, text).paper
        if paper is not None and paper.case.stage is stage:
            return paper
    raise AssertionError(f"{name} never comes to {stage}")


def _text(name: str, change: Callable[[Statute], dict[str, Any]]) -> Statute:
    text = get_statute(name)
    return text.model_copy(update=change(text))


def _give(paper: WatchedCase, name: CommandName, role: Role, by_case: str | None = None, **fields: Any) -> None:
    orgs: Mapping[Role, str | None] = {
        Role.REQUESTER: paper.case.requester.code,
        Role.PROVIDER: paper.case.provider.code,
    }
    actor = PLATFORM if role is Role.PLATFORM else Actor(role=role, org=orgs[role])
    paper.obey(Command(name=name, actor=actor, fields=fields, key=f"then-{name.value}", by_case=by_case), paper.now)
