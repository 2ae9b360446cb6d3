"""The scenario files, each played on a real server, and what all of them together must show."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from domain.calendar import CHINA
from domain.clocks import ClockId
from domain.engine.records import RecordedEvent
from domain.policy import default_policy
from domain.refusal_codes import RefusalCode
from domain.statutes.clauses import clauses
from domain.statutes.loader import packaged_statutes
from domain.statutes.model import Statute
from domain.words import Basis, ClockState, CommandName, EventType, Outcome, ProcedureName, Role, Stage, Urgency
from embedded.simulate.player import PlayedCase
from embedded.simulate.report import mismatches
from ledger.queries.views import CaseDetail
from procedures.registry import PROCEDURES
from procedures.share_request.case import ShareRequestCase
from procedures.share_request.process import PROCESS
from starter.coverage.table import Row, packaged_tables
from tests.coverage_shown import shown, untrue
from tests.forms import either
from tests.plays import FILES, Plays, carried_out, name_of, on_paper, scenario_of, under

IN_TIME = timedelta(seconds=1)


@pytest.mark.long
@pytest.mark.parametrize("path", FILES, ids=name_of)
async def test_scenario(path: Path, plays: Plays, details: Mapping[str, CaseDetail]) -> None:
    """As it expects on paper, and on the real server the same to the last event, and in what the ledger has of it."""
    play = on_paper(path)
    found = mismatches(play.played)
    if path in plays:
        real = await plays[path]
        found += [*mismatches(real), *differences(real, play.played)]
        if play.paper and play.paper.case.closed:
            assert known(details[name_of(path)]) == known(play.detail)
    assert not found, "\n".join([f"{name_of(path)}:", *found])


def differences(real: PlayedCase, paper: PlayedCase) -> Iterator[str]:
    """What came otherwise on the real server than on paper, one sentence each."""
    for there, here in zip_longest(map(told, real.events), map(told, paper.events)):
        if there != here:
            yield f"on the real server {there}, on paper {here}"
    if real.refused != paper.refused:
        yield f"on the real server {real.refused} was refused, on paper {paper.refused}"


def told(event: RecordedEvent) -> Mapping[str, Any]:
    """An event but for what each case has of its own: seals, keys, the digests of the filing and the ids of cases.

    That a resource is withdrawn when nobody uses it any more is noted at the instant at which the workflow found it.
    """
    by_itself = event.type is EventType.RESOURCE_WITHDRAWN or event.data.get("outcome") == Outcome.UNPUBLISHED
    plain = event.model_dump(mode="json", exclude={"prev", "digest", "salt", "key", *(("at",) if by_itself else ())})
    plain["data"] = {name: value for name, value in plain["data"].items() if name not in OF_THE_FILING}
    named: Mapping[str, Any] = json.loads(A_CASE.sub("a case", json.dumps(plain)))
    return named


def known(detail: CaseDetail) -> Mapping[str, Any]:
    """What the ledger has of a case, but for what each case has of its own, and the instant as in :func:`told`."""
    own = {"request_id", "workflow_id", "filing_key", "filing_digest", "head_digest", "updated_at"}
    own |= {"closed_at"} if detail.outcome is Outcome.UNPUBLISHED else set()
    return detail.model_dump(exclude=own)


OF_THE_FILING = {"filing_digest", "policy_digest", "statute_digest"}
A_CASE = re.compile(r"[A-Z]+-(?:[A-Z]+-)?[A-Z2-7]{16}")


# What all of them together must show


def test_there_are_enough_and_each_has_its_own_name() -> None:
    scenarios = [scenario_of(path) for path in FILES]
    assert len(FILES) >= 75
    assert len({scenario.name for scenario in scenarios}) == len(FILES)
    assert {scenario.filed_at.astimezone(CHINA).year for scenario in scenarios} == set(range(2018, 2027))


async def test_no_rectification_rests_on_policy(every_play: dict[str, PlayedCase]) -> None:
    ordered = [
        (name, clock.basis)
        for name, played in every_play.items()
        for event in played.events
        if event.type is EventType.RECTIFICATION_ORDERED
        for clock in played.clocks
        if clock.number == event.data["number"]
    ]
    assert len(ordered) >= 5
    assert all(basis is not Basis.POLICY for _, basis in ordered), ordered


def test_every_scenario_says_how_it_ends() -> None:
    for path in FILES:
        expect = scenario_of(path).expect
        said = expect.model_fields_set
        assert said == {"refused"} or {"stage", "outcome", "events"} <= said, name_of(path)
        assert all({"due_date", "state"} <= clock.model_fields_set for clock in expect.clocks), name_of(path)


def test_every_refusal_code_is_met(real_plays: dict[str, PlayedCase]) -> None:
    met = {refused.code for played in real_plays.values() for refused in played.refused}
    assert met == {*RefusalCode}


@pytest.mark.parametrize("name", ProcedureName)
def test_every_command_of_a_procedure_is_carried_out(name: ProcedureName, real_plays: dict[str, PlayedCase]) -> None:
    plays = [played for played in real_plays.values() if played.scenario.procedure is name]
    # What one case tells another takes two: tests/procedures/test_suspended_grants.py.
    given = {command for command, rule in PROCEDURES[name].rules.items() if not rule.between_cases}
    assert {step.do for played in plays for step in carried_out(played)} == given
    there = {event.stage for played in plays for event in played.events}
    assert {*PROCEDURES[name].process.open_stages} <= there
    assert len(plays) >= either(7, 14)


@pytest.mark.parametrize("statute", sorted(packaged_tables()))
def test_what_a_row_of_the_table_says_its_scenarios_show(statute: str, every_play: dict[str, PlayedCase]) -> None:
    cases = {name: shown(played) for name, played in every_play.items()}
    assert list(untrue(statute, packaged_tables()[statute].clauses, cases)) == []


def test_a_row_whose_scenario_shows_something_else_is_told(every_play: dict[str, PlayedCase]) -> None:
    """The table once named for a clause on security a case of faulty data, and the like."""
    cases = {name: shown(played) for name, played in every_play.items()}
    row = Row(
        article="22",
        category="LIMIT",
        quote="使用部门发生的信息资源安全事故责任由使用部门承担",
        ground=("security",),
        cited_as=("23",),
        scenarios=("rectification/yima-to-the-government-and-accountability",),
    )
    for wrong, says in (
        ({}, "no scenario of the row shows ground security"),
        ({"scenarios": ("rectification/yima-rectified-after-the-report",), "cited_as": ()}, "shows ground security"),
        ({"ground": ("late_verification",), "clock": ("delivery",)}, "no scenario of the row shows clock delivery"),
        ({"ground": ("late_verification",), "scenarios": (*row.scenarios, "yima-2021/secret-data")}, "shows nothing"),
    ):
        said = list(untrue("yima-2021", [row.model_copy(update=wrong)], cases))
        assert any(says in each for each in said), said
    right = row.model_copy(update={"ground": ("late_verification",)})
    assert list(untrue("yima-2021", [right], cases)) == []


def test_every_outcome_stage_clock_state_and_event_occurs(real_plays: dict[str, PlayedCase]) -> None:
    events = [event for played in real_plays.values() for event in played.events]
    clocks = [clock for played in real_plays.values() for clock in played.clocks]
    assert {played.scenario.statute for played in real_plays.values()} >= {*packaged_statutes()}
    assert {played.case.outcome for played in real_plays.values() if played.case} == {*Outcome, None}
    assert {event.stage for event in events} == {*Stage}
    # A grant ends with its resource in test_chains.py, and hears of its rectification in test_suspended_grants.py, both
    # in tests/procedures: it takes two cases.
    assert {event.type for event in events} == {*EventType} - {EventType.GRANT_ENDED, EventType.RECTIFICATION_NOTED}
    assert {clock.id for clock in clocks} == {*ClockId}
    assert {clock.state for clock in clocks} == {*ClockState}
    assert {clock.basis for clock in clocks} == {*Basis}
    assert {event.actor.role for event in events} == {*Role} - {Role.AUDITOR, Role.OPERATOR}


POSSIBLE_OUTCOMES = {
    "changshu-2019": {Outcome.GRANTED, Outcome.REFUSED, Outcome.WITHDRAWN, Outcome.DENIED, Outcome.UNRESOLVED},
    "yima-2021": {Outcome.GRANTED, Outcome.REFUSED, Outcome.WITHDRAWN, Outcome.DENIED},
    "changzhou-2018": {Outcome.GRANTED, Outcome.REFUSED, Outcome.WITHDRAWN, Outcome.DENIED, Outcome.UNRESOLVED},
    "nantong-2020": {Outcome.GRANTED, Outcome.REFUSED, Outcome.DECLINED, Outcome.WITHDRAWN, Outcome.UNRESOLVED},
    "zhejiang-2014": {Outcome.GRANTED, Outcome.REFUSED, Outcome.WITHDRAWN, Outcome.DENIED, Outcome.UNRESOLVED},
    "cn-809-2025": {Outcome.GRANTED, Outcome.REFUSED, Outcome.WITHDRAWN, Outcome.DENIED},
}


@pytest.mark.parametrize("statute", POSSIBLE_OUTCOMES)
def test_every_outcome_of_a_statute_is_reached(statute: str, every_play: dict[str, PlayedCase]) -> None:
    reached = {played.case.outcome for played in under(every_play, statute) if played.case}
    assert reached - {None} == POSSIBLE_OUTCOMES[statute]


def _of_their_own() -> Mapping[str, Statute]:
    """All texts but those that have the routes and limits of the local text over which they lie."""
    known = packaged_statutes()

    def like_local(id_: str) -> bool:
        local = known[id_.partition("+")[0]]
        return local.id != id_ and (local.routes, local.limits) == (known[id_].routes, known[id_].limits)

    return {id_: data for id_, data in known.items() if not like_local(id_)}


def test_under_jiangsu_alone_routes_and_limits_are_the_local_ones() -> None:
    assert packaged_statutes().keys() - _of_their_own().keys() == {
        *("changshu-2019+jiangsu", "changzhou-2018+jiangsu", "nantong-2020+jiangsu")
    }


@pytest.mark.parametrize("statute", _of_their_own())
def test_every_route_is_taken(statute: str, every_play: dict[str, PlayedCase]) -> None:
    data = packaged_statutes()[statute]
    taken = [
        ShareRequestCase("", data, default_policy(), played.scenario.request).route
        for played in under(every_play, statute)
        if played.scenario.request.resource.sharing_class is not None
    ]
    for route in data.routes:
        assert route in taken, f"no scenario takes {route.sharing_class}, {route.authorization}"


def test_a_request_is_withdrawn_in_every_open_stage(every_play: dict[str, PlayedCase]) -> None:
    withdrawn = {
        event.stage
        for played in every_play.values()
        if played.scenario.procedure is ProcedureName.SHARE_REQUEST
        for event in played.events
        if event.type is EventType.WITHDRAWN and event.actor.role is Role.REQUESTER
    }
    assert withdrawn == {*PROCESS.open_stages}


OF_A_REQUEST = {
    *(ClockId.COMPLETENESS_CHECK, ClockId.PLATFORM_AUTHORIZATION, ClockId.PROVIDER_ANSWER, ClockId.DELIVERY)
}


def test_every_limit_of_other_procedures_is_kept_and_missed(every_play: dict[str, PlayedCase]) -> None:
    clocks = [clock for played in every_play.values() for clock in played.clocks]
    for clock_id in {limit.clock for data in packaged_statutes().values() for limit in data.limits} - OF_A_REQUEST:
        states = {clock.state for clock in clocks if clock.id is clock_id and clock.basis is Basis.STATUTE}
        assert {ClockState.MET, ClockState.SUPERSEDED} & states, clock_id
        assert {ClockState.MET_LATE, ClockState.BREACHED} & states, clock_id


def test_both_sides_of_every_limit_of_the_texts(every_play: dict[str, PlayedCase]) -> None:
    for statute, data in _of_their_own().items():
        clocks = [clock for played in under(every_play, statute) for clock in played.clocks]
        for clock_id in {limit.clock for limit in data.limits} & OF_A_REQUEST:
            kept = [c for c in clocks if c.id == clock_id and c.ended_at is not None]
            assert any(c.state is ClockState.MET and c.ended_at == c.due_at - IN_TIME for c in kept), (
                statute,
                clock_id,
            )
            assert any(c.state is ClockState.MET_LATE and c.ended_at == c.due_at for c in kept), (statute, clock_id)


def test_the_ladder_climbs_from_notice_to_red(every_play: dict[str, PlayedCase]) -> None:
    events = every_play["nantong-2020/silence-climbs-the-ladder"].events
    levels = [event.data["level"] for event in events if event.type is EventType.URGED and "rung" in event.data]
    assert levels == [Urgency.NOTICE, Urgency.YELLOW, Urgency.RED]
    assert all(event.actor.role is Role.PLATFORM for event in events if event.type is EventType.URGED)


def test_a_dispute_across_levels_goes_to_the_common_superior(every_play: dict[str, PlayedCase]) -> None:
    for name, body in (
        ("cn-809-2025/cross-level-common-superior", "共同的上级政务数据共享主管部门"),
        ("cn-809-2025/government-grants", "同级政务数据共享主管部门"),
        ("nantong-2020+809/cross-level-common-superior", "共同的上级政务数据共享主管部门"),
        ("nantong-2020+809/refused-with-basis-to-the-government", "市大数据管理局"),
        ("changzhou-2018+809/provincial-to-the-common-superior", "共同的上级政务数据共享主管部门"),
        ("yima-2021/cross-level-same-procedure", "义马市政务服务和大数据管理局"),
    ):
        referred = [e for e in every_play[name].events if e.type is EventType.COORDINATION_REFERRED]
        assert [event.data["body"] for event in referred] == [body]


def test_a_case_across_two_notices_is_provisional_until_the_second_is_published(
    every_play: dict[str, PlayedCase],
) -> None:
    events = every_play["changzhou-2018/notice-published-in-december"].events
    superseded = [event for event in events if event.type is EventType.CLOCK_SUPERSEDED]
    assert [event.at.astimezone(CHINA).date() for event in superseded] == [date(2018, 12, 6)]
    assert "2019" in superseded[0].data["reason"]


def test_what_rests_on_a_regulation_above_says_so(every_play: dict[str, PlayedCase]) -> None:
    for name, played in every_play.items():
        if played.case is None:
            continue
        statute = packaged_statutes()[played.scenario.statute]
        there = {(clause.statute or statute.id, clause.article) for _, clause in clauses(statute)}
        cited = [(event.statute, event.article) for event in played.events if event.article]
        cited += [(clock.statute or statute.id, clock.article) for clock in played.clocks if clock.article]
        cited += [(refused.statute or "", refused.article) for refused in played.refused if refused.article]
        assert set(cited) <= there, f"{name}: {set(cited) - there}"


@pytest.mark.parametrize(
    ("name", "code", "cited"),
    [
        ("nantong-2020+809/decline-not-allowed-then-supplement", "decline_not_allowed", ("cn-809-2025", "21")),
        ("nantong-2020+809/secret-data", "secret_data_excluded", ("cn-809-2025", "3")),
        ("nantong-2020+809/refused-with-basis-to-the-government", "legal_basis_required", ("jiangsu-data-2025", "33")),
        ("nantong-2020+809/platform-refusal-needs-basis", "legal_basis_required", ("jiangsu-data-2025", "33")),
        ("nantong-2020+809/extension-then-delivery", "extension_too_long", ("cn-809-2025", "21")),
        ("yima-2021+809/government-decides-last", "instance_not_available", ("cn-809-2025", "28")),
        ("yima-2021+809/government-decides-last", "legal_basis_required", ("yima-2021+809", "15")),
        ("zhejiang-2014+809/government-decides-last", "negotiation_must_come_first", ("cn-809-2025", "28")),
        ("changshu-2019+809/government-decides-last", "negotiation_must_come_first", ("changshu-2019+809", "19")),
        ("changshu-2019+809/supplement-once-by-provider", "supplement_already_requested", ("cn-809-2025", "21")),
    ],
)
def test_a_refusal_under_an_overlay_cites_the_regulation_that_stands(
    name: str, code: str, cited: tuple[str, str], every_play: dict[str, PlayedCase]
) -> None:
    found = {(step.statute, step.article) for step in every_play[name].refused if step.code == code}
    assert found == {cited}


def test_refusals_cite_the_article_where_one_applies(every_play: dict[str, PlayedCase]) -> None:
    for name, played in every_play.items():
        for refused in played.refused:
            if refused.code in CITED and refused.do != CommandName.WITHDRAW:
                assert refused.article, f"{name}, step {refused.step}: {refused.code} cites no article"


CITED = {
    RefusalCode.REASON_REQUIRED,
    RefusalCode.LEGAL_BASIS_REQUIRED,
    RefusalCode.JUSTIFICATION_REQUIRED,
    RefusalCode.NECESSITY_REQUIRED,
    RefusalCode.DECLINE_NOT_ALLOWED,
    RefusalCode.EXTENSION_NOT_PROVIDED,
    RefusalCode.EXTENSION_TOO_LONG,
    RefusalCode.EXTENSION_NEEDS_CONSENT,
    RefusalCode.INSTANCE_NOT_AVAILABLE,
    RefusalCode.NEGOTIATION_MUST_COME_FIRST,
    RefusalCode.CLASS_NOT_SHAREABLE,
    RefusalCode.SECRET_DATA_EXCLUDED,
}
