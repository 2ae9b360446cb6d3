"""What holds for every case, whatever people do and however long they wait.

Cases are driven at random on the paper ledger. What is checked was written from the promises to users: the tables
below are their own and take nothing from the rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.engine.commands import InvalidFields
from domain.engine.decision import Refused
from domain.engine.records import RecordedEvent
from domain.engine.timers import next_instant
from domain.evidence import verify_chain
from domain.policy import Policy
from domain.words import (
    CommandName,
    EventType,
    Outcome,
    Role,
    SharingClass,
    Unit,
)
from procedures.registry import advance, allowed, decide
from procedures.share_request.case import ShareRequestCase
from tests.domain.engine.chances import (
    POLICIES,
    WILL,
    applicable,
    complete_fields,
    filing_times,
    steps_of_time,
    wild_fields,
)
from tests.domain.engine.machine import GOOD, ORGS, OTHER_ENDS, STATUTES, TICK, PaperLedger, application, command
from tests.domain.engine.promised import DECIDING, NEVER_DECIDING, OF_TIME
from tests.domain.engine.promises import check_clocks, check_end, check_events
from tests.forms import either


class Life(RuleBasedStateMachine):
    """One case, from its filing on."""

    ledger: PaperLedger

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.before: ShareRequestCase | None = None

    @initialize(
        statute=st.sampled_from(STATUTES),
        sharing=st.sampled_from(["conditional", "conditional", "not_shared", "unconditional"]),
        authorization=st.sampled_from([None, None, "platform", "provider"]),
        flags=st.fixed_dictionaries({"involves_provincial_department": st.booleans(), "cross_level": st.booleans()}),
        disputes_grant=st.sampled_from([None, None, None, "R-0"]),
        at=filing_times,
        policy=st.sampled_from(POLICIES),
    )
    def file(
        self,
        statute: str,
        sharing: str,
        authorization: str | None,
        flags: dict[str, bool],
        disputes_grant: str | None,
        at: datetime,
        policy: Policy,
    ) -> None:
        filed = application(sharing, authorization=authorization, disputes_grant=disputes_grant, **flags)
        code: str | None
        try:
            self.ledger = PaperLedger(statute, applicable(statute, at), policy, filed)
        except Refused as refusal:
            code, article = refusal.code.value, refusal.article
        else:
            code = article = None
        # Only these two stand between a complete application and its case.
        assert code in (None, "class_not_shareable", "instance_not_available")
        assert (code is None) == (article is None)
        assume(code is None)
        assert self.ledger.types()[0] == "filed"

    # What people try

    def open(self) -> bool:
        return not self.ledger.case.closed

    @precondition(open)
    @rule(seed=st.integers(0, 2**32), moves=st.integers(1, 12), pace=st.sampled_from([1, 60, 3600, 40_000, 200_000]))
    def people_work(self, seed: int, moves: int, pace: int) -> None:
        """Some commands that may be given where the case stands, completely filled in."""
        dice = Random(seed)
        for _ in range(moves):
            ledger = self.ledger
            at = ledger.now + timedelta(seconds=dice.randrange(pace))
            ledger.news(at)
            case = advance(ledger.case, at)[0]
            moves_here = [
                (name, role, fields)
                for role in DECIDING
                for name in allowed(case, role)
                for fields in (GOOD[name], *OTHER_ENDS.get(name, ()))
                if isinstance(self.answer(case, name, role, fields, None, at), list)
            ]
            if not moves_here:
                assert case.closed
                return
            weights = [WILL.get(name.value, 3.0) for name, _, _ in moves_here]
            name, role, fields = dice.choices(moves_here, weights)[0]
            self.attempt(name, role, fields, at)
            self.holds()

    @rule(
        data=st.data(),
        name=st.sampled_from(list(GOOD)),
        role=st.sampled_from(list(Role)),
        soon=st.timedeltas(timedelta(0), timedelta(days=1)),
        org=st.sampled_from([None, None, None, "", *ORGS.values()]),
    )
    def anything(self, data: st.DataObject, name: CommandName, role: Role, soon: timedelta, org: str | None) -> None:
        """Any command of anybody, well filled in or not."""
        fields = data.draw(complete_fields(name) | wild_fields)
        self.attempt(name, role, fields, self.ledger.now + soon, org)

    @precondition(lambda self: next_instant(self.ledger.case) is not None)
    @rule(data=st.data(), late=st.booleans())
    def at_the_brink(self, data: st.DataObject, late: bool) -> None:
        """A likely command at the very instant at which something falls due, or a microsecond before."""
        instant = next_instant(self.ledger.case)
        assert instant is not None
        case = self.ledger.case
        pairs = [(name, role) for role in DECIDING for name in allowed(case, role)]
        name, role = data.draw(st.sampled_from(pairs))
        at = max(self.ledger.now, instant.at if late else instant.at - TICK)
        self.attempt(name, role, GOOD[name], at)

    @precondition(open)
    @rule(name=st.sampled_from(list(GOOD)))
    def bystanders(self, name: CommandName) -> None:
        """The platform, auditors and operators decide nothing, nor does another organisation for a party."""
        for role in NEVER_DECIDING:
            self.refused(name, role, GOOD[name])
        for role in (Role.REQUESTER, Role.PROVIDER):
            other = Role.PROVIDER if role is Role.REQUESTER else Role.REQUESTER
            self.refused(name, role, GOOD[name], ORGS[other])

    @rule(by=steps_of_time, part=st.integers(0, 100))
    def wait(self, by: timedelta, part: int) -> None:
        ledger = self.ledger
        head, case = len(ledger.events), ledger.case
        # Waiting is one thing, however often one looks in between.
        halfway = ledger.now + by * part / 100
        there, passed = advance(case, halfway)
        there, rest = advance(there, ledger.now + by)
        assert (there, [*passed, *rest]) == advance(case, ledger.now + by)
        ledger.wait(by)
        for event in ledger.events[head:]:
            recounting = event.type in (EventType.CLOCK_SUPERSEDED, EventType.CLOCK_STARTED)
            assert recounting or event.type.value in OF_TIME, f"time alone wrote {event.type}"
            assert event.actor.role is Role.PLATFORM
            assert event.key is None
        if ledger.case.closed and not case.closed:
            self.ended_by_time(ledger.events[head:])

    def ended_by_time(self, events: Sequence[RecordedEvent]) -> None:
        """Only a window that closes ends a case, and never with a decision."""
        breach = [event for event in events if event.type is EventType.CLOCK_BREACHED][-1]
        ends = {"supplement": {Outcome.WITHDRAWN}, "dispute_window": {Outcome.REFUSED, Outcome.UNRESOLVED}}
        assert self.ledger.case.outcome in ends[breach.data["clock"]]

    # How an attempt is checked

    def attempt(
        self, name: CommandName, role: Role, fields: Mapping[str, Any], at: datetime, org: str | None = None
    ) -> None:
        ledger = self.ledger
        ledger.news(at)
        if self.refused(name, role, fields, org, at):
            return
        given_at = advance(ledger.case, at)[0]
        assert name in allowed(given_at, role), f"{role} may {name} and is not told so"
        assert role in DECIDING
        written = ledger.give(name, role, fields, at=at, org=org)
        mine = [event for event in written if event.actor.role is role]
        assert mine
        assert all(event.at == at for event in mine)
        assert {event.key for event in written} == {f"key-{name.value}"}

    def refused(
        self,
        name: CommandName,
        role: Role,
        fields: Mapping[str, Any],
        org: str | None = None,
        at: datetime | None = None,
    ) -> bool:
        """Whether the rules say no. They must say the same twice, and asking must change nothing."""
        case = self.ledger.case
        kept = replace(case, clocks=dict(case.clocks))
        answers = [self.answer(case, name, role, fields, org, at or self.ledger.now) for _ in range(2)]
        assert answers[0] == answers[1]
        assert case == kept
        no = not isinstance(answers[0], list)
        if role in NEVER_DECIDING or (org is not None and role in ORGS and org not in ("", ORGS[role])):
            assert no or role is Role.BUREAU
        if isinstance(answers[0], tuple) and case.closed:
            assert answers[0][0] == "case_closed"
        return no

    @staticmethod
    def answer(
        case: ShareRequestCase, name: CommandName, role: Role, fields: Mapping[str, Any], org: str | None, at: datetime
    ) -> list[Any] | tuple[str, str | None] | str:
        try:
            return decide(case, command(name, role, fields, org), at)
        except Refused as refusal:
            return refusal.code.value, refusal.article
        except InvalidFields as error:
            return str(error)

    # What holds after every step

    @invariant()
    def holds(self) -> None:
        ledger = getattr(self, "ledger", None)
        if ledger is None:
            return
        events = ledger.events[self.seen :]
        check_events(ledger, events, self.seen, self.before)
        check_clocks(ledger, self.before)
        check_end(ledger)
        self.seen, self.before = len(ledger.events), ledger.case

    @invariant()
    def nobody_is_left_waiting(self) -> None:
        """While a case is open somebody can do more about it than withdraw or urge."""
        ledger = getattr(self, "ledger", None)
        if ledger is None:
            return
        case = advance(ledger.case, ledger.now)[0]
        if case.closed:
            return
        pairs = [(name, role) for role in DECIDING for name in allowed(case, role)]
        more = [pair for pair in pairs if pair[0] not in (CommandName.WITHDRAW, CommandName.URGE)]
        can = (isinstance(self.answer(case, name, role, GOOD[name], None, ledger.now), list) for name, role in more)
        assert any(can), f"nobody can do anything in {case.stage}"

    def teardown(self) -> None:
        ledger = getattr(self, "ledger", None)
        if ledger is not None:
            verify_chain(ledger.events, "sm3", ledger.events[-1].digest)
            assert ledger.replayed() == ledger.case


TestLife = pytest.mark.long(Life.TestCase)
TestLife.settings = settings(
    max_examples=either(40, 120),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


# Long lives: the same checks on cases that get far, which random rules seldom do


WAYS = [
    ("changshu-2019", {"sharing_class": "conditional"}),
    ("changshu-2019", {"sharing_class": "not_shared"}),
    ("yima-2021", {"sharing_class": "conditional"}),
    ("changzhou-2018", {"sharing_class": "conditional", "involves_provincial_department": False}),
    ("changzhou-2018", {"sharing_class": "conditional", "involves_provincial_department": True}),
    ("nantong-2020", {"sharing_class": "conditional", "authorization": "provider"}),
    ("nantong-2020", {"sharing_class": "unconditional", "authorization": "platform"}),
    ("nantong-2020", {"sharing_class": "conditional", "disputes_grant": "R-0"}),
    ("zhejiang-2014", {"sharing_class": "conditional"}),
    ("cn-809-2025", {"sharing_class": "conditional", "cross_level": True}),
    ("cn-809-2025", {"sharing_class": "unconditional"}),
    ("changzhou-2018+809", {"sharing_class": "conditional", "involves_provincial_department": True}),
    ("nantong-2020+809", {"sharing_class": "unconditional", "authorization": "platform"}),
    ("nantong-2020+809", {"sharing_class": "conditional", "disputes_grant": "R-0"}),
]


@pytest.mark.long
@pytest.mark.parametrize(("statute", "filed"), WAYS)
@settings(max_examples=either(8, 25), deadline=None)
@given(seed=st.integers(0, 2**32), at=filing_times, policy=st.sampled_from(POLICIES))
def test_long_lives(statute: str, filed: dict[str, Any], seed: int, at: datetime, policy: Policy) -> None:
    dice = Random(seed)
    life = Life()
    life.ledger = PaperLedger(statute, applicable(statute, at), policy, **filed)
    for _ in range(20):
        match dice.randrange(8):
            case 0:
                life.wait(timedelta(seconds=dice.choice([60, 10**5, 10**6, 5 * 10**6])), dice.randrange(101))
            case 1:
                life.bystanders(dice.choice(list(GOOD)))
            case 2:
                name, role = dice.choice(list(GOOD)), dice.choice(DECIDING)
                life.attempt(name, role, GOOD[name], life.ledger.now + timedelta(hours=dice.randrange(30)))
            case 3 if instant := next_instant(life.ledger.case):
                life.wait(max(life.ledger.now, instant.at - dice.choice([TICK, timedelta(0)])) - life.ledger.now, 50)
            case _:
                life.people_work(dice.randrange(2**32), 1, dice.choice([60, 40_000, 200_000]))
        life.holds()
        life.nobody_is_left_waiting()
    life.teardown()


# Silence, from every stage that people can bring a case to


@settings(max_examples=either(20, 60), deadline=None)
@given(
    st.sampled_from([s for s in STATUTES if not s.startswith("zhejiang-2014")]),
    st.sampled_from(list(SharingClass)),
    filing_times,
    st.lists(st.timedeltas(timedelta(seconds=1), timedelta(days=60)), min_size=1, max_size=12),
)
def test_silence_alone_decides_nothing(
    statute: str, sharing: SharingClass, at: datetime, waits: list[timedelta]
) -> None:
    assume(not (statute == "cn-809-2025" and sharing is SharingClass.NOT_SHARED))
    ledger = PaperLedger(statute, applicable(statute, at), sharing_class=sharing)
    assume(not ledger.case.closed)
    stage = ledger.case.stage
    for wait in waits:
        ledger.wait(wait)
    assert ledger.case.stage is stage
    assert not {"granted", "refused", "decided", "adjudicated", "declined", "closed"} & set(ledger.types())


@settings(max_examples=either(20, 60), deadline=None)
@given(filing_times, st.sampled_from(POLICIES))
def test_ladder_and_warnings_come_in_order_and_end(at: datetime, policy: Policy) -> None:
    ledger = PaperLedger("changzhou-2018", at, policy)
    clock = ledger.clock("provider_answer")
    ledger.wait(timedelta(days=90))
    after = ledger.clock("provider_answer")
    assert clock.unit is Unit.WORKING_DAY
    assert after.warned == len(after.warn_at) == len(policy.warnings.working_days_before)
    assert after.climbed == len(after.rungs) == len(policy.ladder)
    assert next_instant(ledger.case) is None
