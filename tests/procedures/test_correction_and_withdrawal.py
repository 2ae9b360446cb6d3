"""Corrections and withdrawals beyond what a scenario file can show: a filing sent again, and what always holds."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import CHINA, Calendar, day_of, end_of
from domain.clocks import ClockId
from domain.engine.case import Case
from domain.engine.commands import Command, InvalidFields
from domain.engine.deadlines import resolve
from domain.engine.decision import Refused
from domain.engine.evolve import evolve_all
from domain.engine.filed import Filed
from domain.engine.records import Actor, Event, RecordedEvent
from domain.policy import default_policy
from domain.statutes.loader import get_statute
from domain.words import CommandName, EventType, Outcome, ProcedureName, Role, Stage
from embedded.testing.engine import ShareflowEngine
from procedures.registry import PROCEDURES, advance, allowed, decide, open_case
from shareflow import Case as CaseSeen
from shareflow import KeyReused
from tests.forms import either
from tests.procedures.test_chains import OTHER, PROVIDER, USER, ChainClients, granted, party

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=CHINA)
HERE = {Role.REQUESTER: USER, Role.PROVIDER: PROVIDER}
WITH_CORRECTION = (
    *("changshu-2019", "changzhou-2018", "nantong-2020", "zhejiang-2014", "cn-809-2025"),
    *("changshu-2019+809", "yima-2021+809", "changzhou-2018+809", "nantong-2020+809", "zhejiang-2014+809"),
)
PUSHES = {"nantong-2020", *(text for text in WITH_CORRECTION if "809" in text)}
PROTECTS = {text for text in WITH_CORRECTION if text.startswith(("changshu", "changzhou"))}
"""Under which texts corrected data is pushed, and citizens' matters go on: by the pages, not by the rules."""

# A filing that is sent again


@pytest.fixture
def people(engine: ShareflowEngine) -> ChainClients:
    return ChainClients(engine)


def withdraw(people: ChainClients, resource: str, key: str, **more: Any) -> CaseSeen:
    """File a withdrawal under a key."""
    entry = {"code": resource, "name": "常住人口基本信息"}
    matter = {"provider": party(PROVIDER), "resource": entry, "reason": "并入人口库", **more}
    return people.provider.open_case("resource_withdrawal", "nantong-2020", matter, key=key)


def events_of(people: ChainClients, case: str) -> Sequence[Any]:
    return list(people.auditor.events(case))


def told(events: Sequence[Any]) -> list[list[str]]:
    """Who was told, each time that anybody was."""
    return [[u["code"] for u in event.data["subscribers"]] for event in events if event.type == "subscribers_told"]


def test_a_filing_sent_again_after_another_grant_is_the_same_case(people: ChainClients) -> None:
    key = uuid.uuid4().hex
    granted(people, "NT-GA-0700")
    first = withdraw(people, "NT-GA-0700", key)
    before = events_of(people, first.request_id)
    granted(people, "NT-GA-0700", OTHER)
    again = withdraw(people, "NT-GA-0700", key)
    assert again.request_id == first.request_id
    after = events_of(people, first.request_id)
    assert [event.digest for event in after] == [event.digest for event in before]
    assert told(after) == [[USER]], "who held a grant when it was filed, and nobody twice"


def test_filings_sent_all_at_once_are_one_case(people: ChainClients) -> None:
    key = uuid.uuid4().hex
    granted(people, "NT-GA-0710")
    with ThreadPoolExecutor(6) as callers:
        found = list(callers.map(lambda _: withdraw(people, "NT-GA-0710", key).request_id, range(6)))
    assert len(set(found)) == 1
    events = events_of(people, found[0])
    assert Counter(event.type for event in events)["filed"] == 1
    assert told(events) == [[USER]]
    notices = [clock.id for clock in people.provider.get(found[0]).clocks]
    assert sorted(notices) == ["withdrawal_notice", "withdrawal_review"]


def test_a_key_of_another_filing_is_refused_and_leaves_no_trace(people: ChainClients) -> None:
    key = uuid.uuid4().hex
    first = withdraw(people, "NT-GA-0720", key)
    before = [event.digest for event in events_of(people, first.request_id)]
    with pytest.raises(KeyReused):
        withdraw(people, "NT-GA-0721", key)
    with pytest.raises(KeyReused):
        withdraw(people, "NT-GA-0720", key, planned_on="2027-06-30")
    assert [event.digest for event in events_of(people, first.request_id)] == before


def test_a_filing_sent_again_after_the_end_ends_nothing_twice(engine: ShareflowEngine, people: ChainClients) -> None:
    key = uuid.uuid4().hex
    grants = [granted(people, "NT-GA-0730"), granted(people, "NT-GA-0730", OTHER)]
    case = withdraw(people, "NT-GA-0730", key)
    people.bureau.command(case.request_id, "consent_to_withdrawal")
    engine.advance(until=case.clock("withdrawal_notice").due_at + timedelta(hours=1))
    people.provider.wait_for(case.request_id, outcome="unpublished", timeout=60)
    # The resource is published and granted anew: the old filing, sent again, does not reach the new grant.
    anew = granted(people, "NT-GA-0730")
    again = withdraw(people, "NT-GA-0730", key)
    assert (again.request_id, again.stage, again.outcome) == (case.request_id, case.stage, None), "as the first time"
    assert people.provider.get(case.request_id).outcome == "unpublished"
    ended = [event.data["grant"] for event in events_of(people, case.request_id) if event.type == "grant_ended"]
    assert ended == [grant.request_id for grant in grants]
    for grant in grants:
        assert Counter(event.type for event in events_of(people, grant.request_id))["service_ended"] == 1
    assert people.user.get(anew.request_id).stage == "in_use"


# What holds for all of them


class ReadBackCase:
    """A case of any procedure on paper: each decision recorded with the packaged calendar, and read back from JSON."""

    def __init__(
        self, procedure: ProcedureName, statute: str, matter: Mapping[str, Any], at: datetime = MONDAY
    ) -> None:
        kind = PROCEDURES[procedure]
        filed: Filed = kind.matter.model_validate(dict(matter))
        self.case: Case = kind.new_case("R-1", get_statute(statute), default_policy(), filed)
        self.events: list[RecordedEvent] = []
        self.at = at
        role = kind.opened_by[0]
        self._record(open_case(self.case, Actor(role=role, org=HERE[role]), at))

    def give(self, name: CommandName, by: Role, at: datetime, **fields: Any) -> None:
        """Give a command. Raises what the rules raise, and then nothing of it stands."""
        actor = Actor(role=by, org=HERE.get(by, by.value))
        self._record(decide(self.case, Command(name=name, actor=actor, fields=fields, key="k"), at))
        self.at = at

    def wait(self, until: datetime) -> None:
        """Let time alone pass."""
        self._record(advance(self.case, until)[1])
        self.at = until

    def types(self) -> Counter[EventType]:
        return Counter(event.type for event in self.events)

    def _record(self, events: Sequence[Event]) -> None:
        for event in events:
            clock = None
            if event.order is not None:
                clock = resolve(event.order, Calendar.packaged().as_known_on(day_of(event.at)))
            said = {name: getattr(event, name) for name in ("at", "type", "actor", "stage", "article", "data")}
            line = RecordedEvent(
                seq=self.case.head + 1, prev="", digest="", statute=self.case.statute.id, clock=clock, **said
            )
            line = RecordedEvent.model_validate_json(line.model_dump_json())
            self.case = evolve_all(self.case, [line])
            self.events.append(line)


RESOURCE = {"code": "GA-0001", "name": "常住人口基本信息"}
DAYS = st.integers(min_value=0, max_value=45)


@given(planned=st.none() | st.integers(min_value=1, max_value=60), days=DAYS, hours=st.integers(0, 13))
def test_it_is_withdrawn_when_the_last_of_consent_notice_and_plan_has_come(
    planned: int | None, days: int, hours: int
) -> None:
    plan = day_of(MONDAY) + timedelta(days=planned) if planned else None
    matter = {"provider": party(PROVIDER), "resource": RESOURCE, "reason": "并入人口库", "planned_on": plan}
    paper = ReadBackCase(ProcedureName.RESOURCE_WITHDRAWAL, "nantong-2020", matter)
    notice_ends = paper.case.open_clock(ClockId.WITHDRAWAL_NOTICE)
    assert notice_ends is not None
    consent = MONDAY + timedelta(days=days, hours=hours)
    due = max([consent, notice_ends.due_at, *([end_of(plan)] if plan else [])])

    paper.give(CommandName.CONSENT_TO_WITHDRAWAL, Role.BUREAU, consent)
    if due > consent:
        paper.wait(due - timedelta(microseconds=1))
        assert paper.case.stage is Stage.WITHDRAWAL_NOTICE
        paper.wait(due)
    assert paper.case.stage is Stage.WITHDRAWING
    assert paper.types()[EventType.WITHDRAWAL_CONSENTED] == 1


@st.composite
def talks(draw: st.DrawFn) -> tuple[list[str], list[tuple[list[str], str]]]:
    """Who uses a resource, and with whom it is negotiated one after the other, until nobody is left out."""
    users = [f"DEPT-{n}" for n in range(draw(st.integers(1, 4)))]
    some = st.lists(st.sampled_from(users), min_size=1, unique=True)
    rounds = draw(st.lists(st.tuples(some, st.sampled_from(["agreed", "not_agreed"])), max_size=6))
    return users, [*rounds, (users, draw(st.sampled_from(["agreed", "not_agreed"])))]


@given(talks())
def test_it_goes_on_file_once_with_the_last_who_was_negotiated_with(
    drawn: tuple[list[str], list[tuple[list[str], str]]],
) -> None:
    users, rounds = drawn
    named = [{"code": code, "name": f"使用部门{code}"} for code in users]
    matter = {"provider": party(PROVIDER), "resource": RESOURCE, "reason": "并入人口库", "subscribers": named}
    paper = ReadBackCase(ProcedureName.RESOURCE_WITHDRAWAL, "cn-809-2025", matter)
    last: dict[str, str] = {}
    for number, (with_whom, result) in enumerate(rounds):
        at = MONDAY + timedelta(minutes=number + 1)
        said = {"with_whom": with_whom, "result": result, "summary": "见会议纪要"}
        paper.give(CommandName.RECORD_NEGOTIATION, Role.PROVIDER, at, **said)
        last |= dict.fromkeys(with_whom, result)
        assert paper.types()[EventType.FILED_FOR_RECORD] == int(len(last) == len(users))
        if len(last) == len(users):
            break
    filed = next(event for event in paper.events if event.type is EventType.FILED_FOR_RECORD)
    assert set(filed.data.get("not_agreed", [])) == {code for code, result in last.items() if result == "not_agreed"}
    assert paper.case.stage is Stage.WITHDRAWAL_NOTICE


MOVES: Sequence[tuple[CommandName, Role, Mapping[str, Any]]] = (
    (CommandName.CORRECT, Role.PROVIDER, {"correction": "已更正"}),
    (CommandName.EXPLAIN, Role.PROVIDER, {"reason": "数据无误"}),
    (CommandName.ACCEPT_EXPLANATION, Role.REQUESTER, {}),
    (CommandName.DISPUTE_EXPLANATION, Role.REQUESTER, {"reason": "仍有疑义", "negotiation": "协商未果"}),
    (CommandName.CONCLUDE_VERIFICATION, Role.BUREAU, {"result": "correct", "reason": "登记簿为准"}),
    (CommandName.CONCLUDE_VERIFICATION, Role.BUREAU, {"result": "stands", "reason": "登记簿为准"}),
    (CommandName.CONCLUDE_VERIFICATION, Role.BUREAU, {"result": "not_agreed", "reason": "各执一词"}),
    (CommandName.CONCLUDE_VERIFICATION, Role.GOVERNMENT, {"result": "correct", "reason": "登记簿为准"}),
    (CommandName.CONCLUDE_VERIFICATION, Role.GOVERNMENT, {"result": "stands", "reason": "登记簿为准"}),
    (CommandName.PUSH_DATA, Role.PROVIDER, {}),
    (CommandName.PUSH_DATA, Role.BUREAU, {}),
    (CommandName.WITHDRAW, Role.REQUESTER, {"reason": "已核对"}),
)
OUT_OF_ROLE = st.sampled_from([None, None, None, Role.REQUESTER, Role.PROVIDER, Role.BUREAU, Role.GOVERNMENT])
"""Who gives a command instead of whose it is; mostly nobody."""
WAITS = st.sampled_from([0, 0, 1, 4, 20, 60])
CLOCKS_ALONE = {EventType.CLOCK_STARTED, EventType.CLOCK_MET, EventType.CLOCK_CANCELLED}


@given(text=st.sampled_from(WITH_CORRECTION), affects=st.booleans(), steps=st.integers(4, 14), data=st.data())
@settings(max_examples=either(75, 300), deadline=None)
def test_a_doubt_ends_only_by_those_who_may_end_it(text: str, affects: bool, steps: int, data: st.DataObject) -> None:
    matter = {
        "requester": party(USER),
        "provider": party(PROVIDER),
        "resource": RESOURCE,
        "doubt": "户籍状态与实际不符",
        "affects_citizens": affects,
    }
    paper = ReadBackCase(ProcedureName.DATA_CORRECTION, text, matter)
    for _ in range(steps):
        # Steered towards what may be done, so that the walk gets far; what comes of it is judged below all the same.
        open_now = [it for it in MOVES if it[0] in allowed(paper.case, it[1]) and it[0] is not CommandName.WITHDRAW]
        name, whose, fields = data.draw(st.sampled_from(open_now or MOVES) | st.sampled_from(MOVES))
        by, days = data.draw(OUT_OF_ROLE) or whose, data.draw(WAITS)
        try:
            paper.give(name, by, paper.at + timedelta(days=days), **fields)
        except (Refused, InvalidFields):
            continue
    types = paper.types()
    decided = [event.data["result"] for event in paper.events if event.type is EventType.VERIFICATION_CONCLUDED]
    assert paper.case.closed == (paper.case.stage is Stage.CLOSED)
    if paper.case.outcome is Outcome.CORRECTED:
        assert types[EventType.CORRECTED] == 1
        assert types[EventType.DATA_PUSHED] == int(text in PUSHES)
    elif paper.case.outcome is Outcome.EXPLAINED:
        assert types[EventType.EXPLAINED] == 1
        assert not types[EventType.CORRECTED]
        assert "correct" not in decided
    elif paper.case.closed:
        assert types[EventType.WITHDRAWN] == 1
    if "stands" in decided:
        assert (decided[-1], paper.case.outcome) == ("stands", Outcome.EXPLAINED)
    assert types[EventType.BUREAU_TOLD] == (types[EventType.CORRECTED] if text.startswith("nantong") else 0)
    for event in paper.events:
        if event.type not in CLOCKS_ALONE:
            running = event.stage in (Stage.VERIFICATION, Stage.VERIFICATION_DISPUTE)
            assert ("matters_continue" in event.data) == (running and affects and text in PROTECTS), event.type
