"""No day and no number of days that anybody names leaves a case that cannot go on: it works, or it is refused."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from domain.calendar import CHINA, Calendar, day_of
from domain.engine.bounds import refuse_days_out_of_range
from domain.engine.case import Case
from domain.engine.commands import Command, InvalidFields
from domain.engine.deadlines import order_again, resolve
from domain.engine.decision import Refused
from domain.engine.evolve import evolve_all
from domain.engine.records import Actor, Event, RecordedEvent
from domain.engine.timers import next_instant
from domain.evidence import GENESIS
from domain.policy import default_policy
from domain.refusal_codes import RefusalCode
from domain.statutes.loader import packaged_statutes
from domain.statutes.model import Statute
from domain.words import CommandName, ProcedureName, Role
from procedures.registry import PROCEDURES, advance, decide
from starter.case_opening import enter_case, matter_of
from starter.errors import InvalidInput, RequestRefused
from tests.domain.engine.saying import CODES, HORIZON, saying
from tests.forms import either

FIRST, LAST = (datetime.combine(day, time(10), CHINA) for day in (HORIZON.first, HORIZON.furthest))
TODAY = datetime(2026, 11, 27, 10, tzinfo=CHINA)
ACTORS = {Role.REQUESTER: CODES[0], Role.PROVIDER: CODES[1]}


class DatedCase:
    """A case of any procedure whose clocks are worked out as the ledger does, with the calendar of the day."""

    def __init__(self, case: Case, events: list[Event]) -> None:
        self.case, self.now = case, events[0].at
        self.take(events)

    def take(self, events: list[Event]) -> None:
        calendar = Calendar.packaged().as_known_on(day_of(events[-1].at)) if events else None
        recorded = []
        for seq, event in enumerate(events, start=self.case.head + 1):
            assert calendar is not None
            clock = resolve(event.order, calendar) if event.order else None
            said = {name: getattr(event, name) for name in ("at", "type", "actor", "stage", "article", "data")}
            recorded.append(
                RecordedEvent(seq=seq, statute=self.case.statute.id, clock=clock, prev=GENESIS, digest=GENESIS, **said)
            )
        self.case = evolve_all(self.case, recorded)

    def wait(self, until: datetime) -> None:
        """Let time alone act, one instant after the other."""
        while (due := next_instant(self.case)) is not None and due.at <= until:
            self.take(advance(self.case, due.at)[1])
        self.now = max(self.now, until)

    def to_the_end(self) -> None:
        """Let time alone act until nothing is due any more; a notice is published on the way."""
        for clock in self.case.clocks.values():
            resolve(order_again(clock), Calendar.packaged().as_known_on(None))
        self.wait(datetime.combine(HORIZON.last, time(), CHINA))
        assert next_instant(self.case) is None


def filings(procedure: ProcedureName, statute: Statute) -> st.SearchStrategy[dict[str, Any]]:
    """What may be filed in a procedure under a text: its own words where there are such, anything for the rest."""
    words: dict[str, st.SearchStrategy[Any]] = {}
    if statute.rectification:
        words["ground"] = st.sampled_from([ground.id for ground in statute.rectification.grounds])
    if statute.catalogue:
        words["trigger"] = st.sampled_from(list(statute.catalogue.triggers))
    if statute.duties:
        words["duty"] = st.sampled_from([duty.id for duty in statute.duties])
        words["period"] = st.sampled_from(["2026", "2026-H1", "2026-H2", "2090", "2090-H1"])
    fields = PROCEDURES[procedure].matter.model_fields
    who = {
        "requester": st.just({"code": CODES[0], "name": "南通市民政局"}),
        **{name: st.just({"code": CODES[1], "name": "南通市公安局"}) for name in ("provider", "department")},
        "resource": st.fixed_dictionaries(
            {"code": st.just("NT-GA-0001"), "name": st.just("常住人口"), "sharing_class": st.just("conditional")}
        ),
        **{name: st.just("因履职需要") for name in ("purpose", "scope", "reason", "facts", "what", "description")},
        "contains_state_secret": st.just(value=False),
        "item_count": st.just(3),
    }
    return saying(
        PROCEDURES[procedure].matter, **{name: value for name, value in {**who, **words}.items() if name in fields}
    ).map(lambda said: {name: value for name, value in said.items() if name not in ("documents", "disputes_grant")})


def opened(procedure: ProcedureName, statute: str, said: Mapping[str, Any], at: datetime) -> DatedCase:
    """File it through the door that all doors have in common."""
    matter = matter_of(procedure, said)
    role = PROCEDURES[procedure].opened_by[0]
    actor = Actor(role=role, org=ACTORS.get(role, "bureau"))
    entered = enter_case(procedure, statute, matter, actor, default_policy(), "k", received_at=at)
    return DatedCase(entered.case, entered.events)


@pytest.mark.parametrize("procedure", list(ProcedureName))
@given(data=st.data())
@settings(
    max_examples=either(30, 80), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_a_case_works_with_whatever_days_it_has_taken(procedure: ProcedureName, data: st.DataObject) -> None:
    statute = data.draw(st.sampled_from(list(packaged_statutes().values())), "statute")
    at = data.draw(st.just(TODAY) | st.datetimes(naive(FIRST), naive(LAST)).map(in_china), "filed at")
    try:
        paper = opened(procedure, statute.id, data.draw(filings(procedure, statute), "filed"), at)
    except (RequestRefused, InvalidInput):
        return
    for _ in range(data.draw(st.integers(0, 8), "commands")):
        if paper.case.closed:
            break
        soon = data.draw(st.sampled_from([0, 1, 10, 40, 400, 20_000]), "days later")
        paper.wait(min(LAST, paper.now + timedelta(days=soon)))
        open_now = [rule for rule in PROCEDURES[procedure].rules.values() if paper.case.stage in rule.stages]
        if not open_now:
            break
        rule = data.draw(st.sampled_from(open_now), "command")
        reason = {"reason": st.just("因履职需要")} if "reason" in rule.says.model_fields else {}
        fields = data.draw(saying(rule.says, **reason), "fields")
        role = data.draw(st.sampled_from(list(rule.by)), "by")
        actor = Actor(role=role, org=ACTORS.get(role, "bureau"))
        command = Command(name=rule.name, actor=actor, fields=fields, key="k")
        try:
            events = decide(paper.case, command, paper.now)
        except (Refused, InvalidFields):
            continue
        paper.take(events)
    paper.to_the_end()


def naive(instant: datetime) -> datetime:
    return instant.replace(tzinfo=None)


def in_china(instant: datetime) -> datetime:
    return instant.replace(tzinfo=CHINA)


# Each field by itself


def dated(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every field of a model, and of those within it, that holds a day or a number of days: found in its schema."""
    schema = model.model_json_schema()
    yield from _dated(schema, schema, path, 0)


def _dated(schema: Any, whole: Any, path: tuple[str, ...], deep: int) -> Iterator[tuple[tuple[str, ...], str]]:
    if deep > 12:
        return
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield from _dated(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, path, deep + 1)
        if schema.get("format") == "date":
            yield path, "date"
        if schema.get("maximum") == 366:
            yield path, "count"
        for each in schema.get("anyOf", ()):
            yield from _dated(each, whole, path, deep + 1)
        for name, within in schema.get("properties", {}).items():
            yield from _dated(within, whole, (*path, name), deep + 1)
        if "items" in schema:
            yield from _dated(schema["items"], whole, (*path, "[]"), deep + 1)


def holding(path: tuple[str, ...], value: object) -> Any:
    """Data in which a field has a value; what else is required within lists is added."""
    if not path:
        return value
    if path[0] == "[]":
        return [{"name": "x", **holding(path[1:], value)}]
    return {path[0]: holding(path[1:], value)}


BAD = {"date": ("9999-12-31", "2099-01-01", "2091-01-01", "1949-09-30", "0001-01-01"), "count": (367, 10**6, 2**53 - 1)}
GOOD = {"date": ("2026-12-31", "2076-12-31", "2090-12-31", "1949-10-01"), "count": (1, 366)}

MATTERS = [(name, path, kind) for name, procedure in PROCEDURES.items() for path, kind in dated(procedure.matter)]
SAYINGS = [
    (procedure, command, path, kind)
    for procedure, each in PROCEDURES.items()
    for command, rule in each.rules.items()
    if not rule.between_cases  # what one case tells another comes through no door
    for path, kind in dated(rule.says)
]


def test_the_fields_are_found() -> None:
    """All that the procedures are known to ask, so that the two tests below look at them."""
    filed = {(name.value, path[-1]) for name, path, _ in MATTERS}
    assert filed >= {
        ("share_request", "use_until"),
        ("access_grant", "use_until"),
        ("access_grant", "expires_on"),
        ("resource_withdrawal", "planned_on"),
        ("catalogue_change", "occurred_on"),
        ("periodic_duty", "produced_on"),
        ("periodic_duty", "due_on"),
        ("rectification", "working_days"),
    }
    said = {(name.value, command.value, path[-1]) for name, command, path, _ in SAYINGS}
    assert said >= {
        ("share_request", "supplement", "use_until"),
        ("share_request", "grant", "expires_on"),
        ("share_request", "decide", "expires_on"),
        ("share_request", "request_extension", "working_days"),
        ("share_request", "order_rectification", "working_days"),
        ("access_grant", "renew", "use_until"),
        ("access_grant", "suspend", "working_days"),
        ("access_grant", "propose_end", "expires_on"),
        ("access_grant", "end_service", "expires_on"),
        ("demand", "file_request", "use_until"),
        ("rectification", "reject_completion", "working_days"),
        ("catalogue_change", "request_extension", "working_days"),
    }


@pytest.mark.parametrize(("procedure", "path", "kind"), MATTERS, ids=lambda part: str(part))
def test_a_filing_is_refused_for_a_day_beyond(procedure: ProcedureName, path: tuple[str, ...], kind: str) -> None:
    statute = next(iter(packaged_statutes()))
    for value in BAD[kind]:
        with pytest.raises(RequestRefused) as refused:
            opened(procedure, statute, holding(path, value), TODAY)
        assert refused.value.code == RefusalCode.DAY_OUT_OF_RANGE
        assert refused.value.details["field"] == ".".join(path).replace(".[]", "[0]")
    for value in GOOD[kind]:
        with pytest.raises(RequestRefused) as refused:
            opened(procedure, statute, holding(path, value), TODAY)
        assert refused.value.code != RefusalCode.DAY_OUT_OF_RANGE


@pytest.mark.parametrize(("procedure", "name", "path", "kind"), SAYINGS, ids=lambda part: str(part))
def test_a_command_is_refused_for_a_day_beyond(
    procedure: ProcedureName, name: CommandName, path: tuple[str, ...], kind: str
) -> None:
    says = PROCEDURES[procedure].rules[name].says
    needed = {"decision": "grant", "result": "agreed"}
    beside = {name: value for name, value in needed.items() if name in says.model_fields}
    for value in BAD[kind]:
        with pytest.raises(Refused) as refused:
            refuse_days_out_of_range(says.model_validate({**beside, **holding(path, value)}))
        assert refused.value.code is RefusalCode.DAY_OUT_OF_RANGE
        assert refused.value.details["field"] == ".".join(path)
    for value in GOOD[kind]:
        refuse_days_out_of_range(says.model_validate({**beside, **holding(path, value)}))


def test_the_furthest_day_is_fifty_years_ahead() -> None:
    assert datetime.combine(HORIZON.furthest, time(), CHINA) - datetime.now(CHINA) > timedelta(days=50 * 366)
    assert (HORIZON.last - HORIZON.furthest).days > 9 * 365
    assert Calendar.packaged().as_known_on(None).due(date(2076, 11, 27), 20, "working_day").provisional
