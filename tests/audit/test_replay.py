"""Cases at instants of their past, from records alone: what stood then, what was different, what is known since."""

from datetime import datetime, timedelta

import pytest

from audit.dossier.contents import HISTORY, CaseDossier, DossierUnusable
from audit.replay.difference import difference
from audit.replay.from_dossier import case_in
from audit.replay.hindsight import moved_since
from audit.replay.state import NotFiledYet, as_it_stood
from domain.calendar import CHINA, Calendar, day_of
from domain.words import ClockState, CommandName, EventType, Outcome, Role, Stage
from tests.audit.dossiers import CASES, dossier_of
from tests.audit.recorded import all_played, played, recorded
from tests.domain.engine.machine import PaperLedger

IMPASSE = "nantong-2020/refused-late-then-impasse"
KNOWN_NOW = Calendar.packaged().as_known_on(None)


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_dossier_tells_every_instant_of_its_case(case: str) -> None:
    of, calendar = case_in(dossier_of(case))
    for event in of.events:
        past = as_it_stood(of, event.at)
        assert past.stage is past.events[-1].stage
        assert (past.stage is Stage.CLOSED) == (past.outcome is not None)
    assert calendar.editions == Calendar.packaged().editions
    with pytest.raises(NotFiledYet, match="was not filed yet"):
        as_it_stood(of, of.events[0].at - timedelta(seconds=1))


def test_a_dossier_without_what_was_filed_is_unusable() -> None:
    dossier = dossier_of(sorted(CASES)[0])
    for files in ({**dossier.files, HISTORY: b"{}"}, {n: c for n, c in dossier.files.items() if n != HISTORY}):
        with pytest.raises(DossierUnusable):
            case_in(CaseDossier(dossier.manifest, files))


def test_who_held_it_and_what_could_be_done() -> None:
    of = played(IMPASSE)
    at = {event.type: event.at for event in reversed(of.events)}
    asked = as_it_stood(of, at[EventType.FORWARDED])
    assert [(holder.role, holder.org) for holder in asked.holders] == [(Role.PROVIDER, of.unfiled.provider.code)]
    assert {CommandName.GRANT, CommandName.REFUSE} <= {*asked.allowed[Role.PROVIDER]}
    assert CommandName.GRANT not in asked.allowed.get(Role.BUREAU, ())
    checked = as_it_stood(of, at[EventType.FILED])
    [bureau] = checked.holders
    assert (bureau.role, bureau.org) == (Role.BUREAU, None)
    assert bureau.name == of.statute.bodies[Role.BUREAU].name


def test_what_two_instants_differ_in() -> None:
    of = played(IMPASSE)
    at = {event.type: event.at for event in reversed(of.events)}
    asked, refused = as_it_stood(of, at[EventType.FORWARDED]), as_it_stood(of, at[EventType.REFUSED])
    found = difference(refused, asked)
    assert found == difference(asked, refused)
    assert (found.before.stage, found.after.stage) == (Stage.PROVIDER_ANSWER, Stage.REFUSED)
    assert [clock.id for clock in found.started] == ["dispute_window"]
    [answer] = found.changed
    assert (answer.clock.id, answer.changes["state"]) == ("provider_answer", (ClockState.RUNNING, ClockState.MET_LATE))
    assert CommandName.ACCEPT_REFUSAL in found.gained[Role.REQUESTER]
    assert CommandName.GRANT in found.lost[Role.PROVIDER]
    assert EventType.REFUSED in {event.type for event in found.events}


def test_differences_add_up() -> None:
    for of in all_played().values():
        instants = [of.events[0].at, of.events[len(of.events) // 2].at, of.events[-1].at]
        first, middle, last = (as_it_stood(of, at) for at in instants)
        both = (*difference(first, middle).events, *difference(middle, last).events)
        assert both == tuple(difference(first, last).events)
        same = difference(last, last)
        assert not any((same.events, same.gained, same.lost, same.started, same.changed))


def test_a_festival_that_was_prolonged_is_not_known_before() -> None:
    paper = PaperLedger("zhejiang-2014", datetime(2020, 1, 22, 10, tzinfo=CHINA))
    of = recorded(paper)
    past = as_it_stood(of, datetime(2020, 1, 23, 10, tzinfo=CHINA))
    [moved] = moved_since(past.clocks, KNOWN_NOW, past.at)
    assert (moved.clock.due_date.isoformat(), moved.due_date.isoformat(), moved.days) == ("2020-02-04", "2020-02-06", 2)
    assert (moved.late_then, moved.late_now) == (False, False)
    [long_after] = moved_since(past.clocks, KNOWN_NOW, datetime(2020, 3, 1, tzinfo=CHINA))
    assert (long_after.late_then, long_after.late_now) == (True, True), "looked at late, not late by a notice"
    paper.wait(datetime(2020, 2, 5, 10, tzinfo=CHINA))
    later = as_it_stood(recorded(paper), datetime(2020, 2, 5, 10, tzinfo=CHINA))
    assert [*moved_since(later.clocks, KNOWN_NOW, later.at)] == []
    assert ClockState.SUPERSEDED in {clock.state for clock in later.clocks}


def test_what_is_known_now_is_what_the_calendar_gives() -> None:
    looked_at = 0
    for of in all_played().values():
        past = as_it_stood(of, of.events[-1].at)
        moved = {limit.clock.number: limit for limit in moved_since(past.clocks, KNOWN_NOW, past.at)}
        for clock in past.clocks:
            if clock.unit == "working_day" and clock.state is not ClockState.SUPERSEDED:
                day = KNOWN_NOW.add_working_days(day_of(clock.started_at), clock.amount)
                assert (moved[clock.number].due_date if clock.number in moved else clock.due_date) == day
                looked_at += 1
    assert looked_at > 200


def test_the_end_is_the_same_as_the_case_says() -> None:
    of = played("nantong-2020/declined-with-reason")
    now = as_it_stood(of, of.events[-1].at)
    assert (now.outcome, now.holders, now.allowed) == (Outcome.DECLINED, (), {})
