"""What holds for every case, whatever people do and however long they wait.

Cases are driven at random on the paper ledger. What is checked was written from the promises to users: the tables
below are their own and take nothing from the rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.calendar import CHINA
from domain.engine.commands import InvalidFields
from domain.engine.decision import Refused
from domain.engine.records import Clock, RecordedEvent
from domain.engine.timers import next_instant
from domain.evidence import canonical_json, plain, verify_chain
from domain.policy import Policy, default_policy, policy_from
from domain.procedures.registry import advance, allowed, decide
from domain.procedures.share_request.case import ShareRequestCase
from domain.statutes.clauses import clauses
from domain.statutes.in_force import starts
from domain.words import (
    Basis,
    ClockId,
    ClockState,
    CommandName,
    EventType,
    Outcome,
    Role,
    SharingClass,
    Stage,
    Unit,
)
from tests.domain.engine.machine import GOOD, ORGS, OTHER_ENDS, STATUTES, TICK, PaperLedger, application, command

# The check model, by hand

DECIDING = (Role.REQUESTER, Role.PROVIDER, Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT)
NEVER_DECIDING = (Role.PLATFORM, Role.AUDITOR, Role.OPERATOR)

STATUTE_CLOCKS = {
    ClockId.COMPLETENESS_CHECK,
    ClockId.PLATFORM_AUTHORIZATION,
    ClockId.PROVIDER_ANSWER,
    ClockId.DELIVERY,
}

ACTS: dict[str, set[str]] = {
    "filed": {"requester"},
    "accepted": {"bureau"},
    "declined": {"bureau"},
    "supplement_requested": {"bureau", "provider"},
    "supplemented": {"requester"},
    "forwarded": {"bureau"},
    "granted": {"requester", "provider", "bureau", "leading_group", "government"},  # platform: registration, below
    "refused": {"provider", "bureau"},
    "extension_requested": {"provider"},
    "extension_approved": {"bureau"},
    "extension_denied": {"bureau"},
    "negotiation_opened": {"requester", "bureau"},
    "terms_proposed": {"requester", "provider", "bureau"},
    "terms_agreed": {"requester", "provider", "bureau"},
    "impasse_declared": {"requester", "provider", "bureau"},
    "coordination_referred": {"requester", "bureau"},
    "coordination_concluded": {"bureau"},
    "adjudicated": {"bureau"},
    "final_instance_referred": {"requester", "bureau"},
    "decided": {"leading_group", "government"},
    "delivered": {"provider"},
    "withdrawn": {"requester", "platform"},
    "urged": {"bureau", "platform"},
    "refusal_accepted": {"requester"},
    "rectification_ordered": {"bureau", "government"},
}
"""Whose act an event may be. All others are the platform's."""

MOVES: dict[str, set[tuple[str, str]]] = {
    "accepted": {("completeness_check", "platform_authorization")},
    "forwarded": {("completeness_check", "provider_answer")},
    "supplement_requested": {("completeness_check", "supplement"), ("provider_answer", "supplement")},
    "supplemented": {("supplement", "completeness_check"), ("supplement", "provider_answer")},
    "granted": {
        *((s, "delivery") for s in ("provider_answer", "negotiation", "coordination", "final_instance")),
        ("platform_authorization", "delivery"),  # nantong under the national regulation
    },
    "refused": {("provider_answer", "refused"), ("platform_authorization", "refused")},
    "negotiation_opened": {("refused", "negotiation"), ("provider_answer", "negotiation")},
    "coordination_referred": {
        *((s, "coordination") for s in ("refused", "negotiation", "provider_answer", "delivery")),
        *((s, "final_instance") for s in ("negotiation", "provider_answer")),  # changzhou, a provincial department
    },
    "final_instance_referred": {("coordination", "final_instance")},
    "decided": {("final_instance", "coordination")},
}
"""Which events move a case from stage to stage. ``closed`` moves it from anywhere to its end; others never do."""

OF_TIME = {"clock_warned", "clock_breached", "urged", "withdrawn", "clock_cancelled", "closed"}
"""All that time alone may write."""

AFTER: dict[ClockState, set[ClockState]] = {
    ClockState.RUNNING: {ClockState.MET, ClockState.BREACHED, ClockState.SUPERSEDED, ClockState.CANCELLED},
    ClockState.BREACHED: {ClockState.MET_LATE},
    ClockState.MET: set(),
    ClockState.MET_LATE: set(),
    ClockState.SUPERSEDED: set(),
    ClockState.CANCELLED: set(),
}

MOVING = ("state", "ended_at", "warned", "climbed")


def busy_policy() -> Policy:
    """A policy unlike the default in every part."""
    return policy_from(
        {
            "limits": {
                "supplement": {"amount": 3, "unit": "day"},
                "dispute_window": {"amount": 1, "unit": "month"},
                "negotiation": {"amount": 2, "unit": "working_day"},
                "coordination": {"amount": 40, "unit": "working_day"},
                "final_instance": {"amount": 60, "unit": "day"},
            },
            "warnings": {"working_days_before": [1, 4, 2], "for_limits_of_at_least": 2},
            "ladder": [
                {"level": "red", "working_days": 9},
                {"level": "notice", "working_days": 1},
                {"level": "yellow", "working_days": 2},
            ],
            "close_of_business": "17:30",
        }
    )


WILL = {
    "withdraw": 0.05,
    "decline": 0.05,
    "urge": 0.2,
    "accept_refusal": 0.2,
    "grant": 0.5,
    "authorize": 0.5,
    "agree": 0.7,
    "propose": 0.7,
    "return_for_supplement": 0.7,
}
"""How willing people are (3 for all else): seldom to end a case, so that cases live to reach the last instances."""

POLICIES = (default_policy(), default_policy(), busy_policy())

steps_of_time = st.one_of(
    st.timedeltas(timedelta(seconds=1), timedelta(hours=3)),
    st.timedeltas(timedelta(hours=3), timedelta(days=4)),
    st.timedeltas(timedelta(days=4), timedelta(days=60)),
)
# Hypothesis wants its bounds without a zone.
FIRST_FILING, LAST_FILING = datetime(2018, 9, 1), datetime(2027, 3, 1)  # noqa: DTZ001
filing_times = st.datetimes(FIRST_FILING, LAST_FILING, timezones=st.just(CHINA)) | (
    # Just before notices and the long holidays, where deadlines are moved.
    st.sampled_from(
        [date(2018, 11, 28), date(2019, 3, 18), date(2020, 1, 20), date(2025, 11, 1), date(2026, 9, 18)]
    ).map(lambda day: datetime.combine(day, time(10), tzinfo=CHINA))
)


def applicable(statute: str, at: datetime) -> datetime:
    """The instant, or the first on which anything can be filed under the statute if that is later."""
    return max(at, datetime.combine(starts()[statute], time(), CHINA))


junk = (
    st.none() | st.booleans() | st.integers(-3, 400) | st.text(max_size=8) | st.lists(st.text(max_size=3), max_size=2)
)
keys = st.sampled_from(sorted({key for fields in GOOD.values() for key in fields} | {"justification", "unheard_of"}))
wild_fields = st.dictionaries(keys, junk | st.sampled_from(["grant", "deny", "return", "agreed", "red"]), max_size=4)


def complete_fields(name: CommandName) -> st.SearchStrategy[Any]:
    return st.sampled_from([GOOD[name], *OTHER_ENDS.get(name, [])])


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


def check_events(
    ledger: PaperLedger, events: Sequence[RecordedEvent], head: int, before: ShareRequestCase | None
) -> None:
    stage = before.stage if before else ledger.events[0].stage
    at = ledger.events[head - 1].at if head else ledger.events[0].at
    for seq, event in enumerate(events, start=head + 1):
        assert event.seq == seq
        assert at <= event.at <= ledger.now
        allowed_roles = ACTS.get(event.type.value, {"platform"})
        if event.data.get("by") == "registration":
            allowed_roles = {"platform"}
        assert event.actor.role.value in allowed_roles, f"{event.type} by {event.actor.role}"
        if event.type is EventType.CLOSED:
            assert event.stage is Stage.CLOSED
        elif event.stage is not stage:
            assert (stage.value, event.stage.value) in MOVES.get(event.type.value, ()), f"{event.type} moved {stage}"
        assert canonical_json(plain(event.data))
        assert RecordedEvent.model_validate_json(event.model_dump_json()) == event
        stage, at = event.stage, event.at
    assert ledger.case.head == len(ledger.events)
    assert ledger.case.stage is ledger.events[-1].stage
    assert ledger.case.last_at == ledger.events[-1].at


def check_clocks(ledger: PaperLedger, before: ShareRequestCase | None) -> None:
    clocks = ledger.case.clocks
    assert list(clocks) == list(range(1, len(clocks) + 1))
    quotes = {clause.quote for _, clause in clauses(ledger.statute)}
    # One act may be under two limits at once, each of an article of its own.
    open_limits = [(clock.id, clock.statute, clock.article) for clock in clocks.values() if clock.open]
    assert len(open_limits) == len(set(open_limits))
    for number, clock in clocks.items():
        assert clock.number == number
        check_basis(clock, quotes)
        check_instants(ledger, clock)
        if clock.state is ClockState.SUPERSEDED:
            check_successor(clock, [other for other in clocks.values() if other.supersedes == number])
        if clock.supersedes is not None:
            assert clocks[clock.supersedes].state is ClockState.SUPERSEDED
        if before is not None and number in before.clocks:
            check_change(before.clocks[number], clock)
        if clock.state is ClockState.RUNNING:
            # Promise: a notice supersedes every running clock that it changes.
            fresh = ledger.fresh(clock)
            assert (clock.due_date, clock.due_at, clock.provisional) == (
                fresh.due_date,
                fresh.due_at,
                fresh.provisional,
            )


def check_basis(clock: Clock, quotes: set[str]) -> None:
    if clock.basis is Basis.STATUTE:
        assert clock.id in STATUTE_CLOCKS
        assert clock.article
        assert clock.quote in quotes
    else:
        assert clock.id not in STATUTE_CLOCKS
        assert clock.article is None
        assert clock.quote is None


def check_instants(ledger: PaperLedger, clock: Clock) -> None:
    assert list(clock.warn_at) == sorted(set(clock.warn_at))
    assert all(clock.started_at < at for at in clock.warn_at)
    assert all(at < clock.due_at for at in clock.warn_at)
    rungs = [rung.at for rung in clock.rungs]
    assert rungs == sorted(rungs)
    assert all(at >= clock.due_at for at in rungs)
    assert 0 <= clock.warned <= len(clock.warn_at)
    assert 0 <= clock.climbed <= len(rungs)
    assert clock.open == (clock.state in (ClockState.RUNNING, ClockState.BREACHED) and clock.ended_at is None)
    about = [event for event in ledger.events if event.data.get("number") == clock.number]
    breaches = [event.at for event in about if event.type is EventType.CLOCK_BREACHED]
    missed = clock.state in (ClockState.BREACHED, ClockState.MET_LATE)
    assert breaches == ([clock.due_at] if missed else [])
    warned = [event.at for event in about if event.type is EventType.CLOCK_WARNED]
    assert warned == list(clock.warn_at[clock.warned - len(warned) : clock.warned])
    urged = [(event.data["level"], event.at) for event in about if event.type is EventType.URGED]
    assert urged == [(rung.level.value, rung.at) for rung in clock.rungs[: clock.climbed]]
    assert clock.climbed == 0 or missed
    match clock.state:
        case ClockState.RUNNING:
            assert clock.ended_at is None
            assert clock.due_at > ledger.events[-1].at
        case ClockState.MET | ClockState.SUPERSEDED | ClockState.CANCELLED:
            assert clock.ended_at is not None
            assert clock.started_at <= clock.ended_at < clock.due_at
        case ClockState.MET_LATE:
            assert clock.ended_at is not None
            assert clock.ended_at >= clock.due_at
    mets = [event for event in about if event.type is EventType.CLOCK_MET]
    assert [event.data["late"] for event in mets] == (
        [clock.state is ClockState.MET_LATE] if clock.state in (ClockState.MET, ClockState.MET_LATE) else []
    )


def check_successor(old: Clock, successors: Sequence[Clock]) -> None:
    assert len(successors) == 1
    new = successors[0]
    assert (new.id, new.basis, new.unit, new.started_at) == (old.id, old.basis, old.unit, old.started_at)
    assert new.amount >= old.amount
    assert (new.amount, new.due_at, new.provisional) != (old.amount, old.due_at, old.provisional)


def check_change(was: Clock, now: Clock) -> None:
    assert was.model_copy(update={name: getattr(now, name) for name in MOVING}) == now
    if was.ended_at is not None:
        assert was == now
    if was.state is not now.state:
        # Within one step a clock may run out and then be met late.
        between = AFTER[was.state] | {x for y in AFTER[was.state] for x in AFTER[y]}
        assert now.state in between
    assert was.warned <= now.warned
    assert was.climbed <= now.climbed


def check_end(ledger: PaperLedger) -> None:
    case, types = ledger.case, ledger.types()
    assert (case.outcome is not None) == (case.stage is Stage.CLOSED)
    assert types.count("closed") == (1 if case.closed else 0)
    if not case.closed:
        return
    assert types[-1] == "closed"
    assert next_instant(case) is None
    assert not any(clock.open for clock in case.clocks.values())
    last = {"granted": "granted", "declined": "declined", "withdrawn": "withdrawn"}
    for outcome, event in last.items():
        if case.outcome is not None and case.outcome.value == outcome:
            assert event in types
        elif outcome != "granted":
            assert event not in types
    decisions = [e.data["decision"] for e in ledger.events if e.type.value in ("adjudicated", "decided")]
    assert (case.outcome is Outcome.DENIED) == (decisions[-1:] == ["deny"])
    if case.outcome in (Outcome.REFUSED, Outcome.UNRESOLVED, Outcome.DENIED, Outcome.DECLINED):
        # What was granted and not delivered may be disputed, and then denied after all.
        referred = (
            len(types) - 1 - types[::-1].index("coordination_referred") if "coordination_referred" in types else 0
        )
        assert "granted" not in types[referred:]
    if "delivery" in {clock.id for clock in case.clocks.values()} and case.outcome is Outcome.GRANTED:
        assert "delivered" in types


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=120,
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


@pytest.mark.parametrize(("statute", "filed"), WAYS)
@settings(max_examples=25, deadline=None)
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


@settings(max_examples=60, deadline=None)
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


@settings(max_examples=60, deadline=None)
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
