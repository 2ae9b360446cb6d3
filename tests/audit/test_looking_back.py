"""The ledger's cases as the audit has them: each at an instant of its past, and not as it ended."""

from datetime import UTC, date, datetime, timedelta

import pytest

from audit.findings.finding import FindingKind
from audit.replay.state import NotFiledYet, as_it_stood
from domain.calendar import day_of
from domain.words import Stage
from embedded.simulate.player import PlayedCase
from embedded.simulate.sandbox import Sandbox
from ledger.queries.views import CaseFilter
from ledger.reader import Reader
from starter.audit_selection import selected
from starter.errors import InvalidInput, NotFound
from starter.findings import all_findings, all_recorded, findings_page
from starter.looking_back import page_as_of, recorded_case, recorded_page


async def test_each_event_leaves_the_stage_that_it_names(ground: Sandbox, real_plays: dict[str, PlayedCase]) -> None:
    reader, looked_at = Reader(ground.engine), 0
    for played in real_plays.values():
        if played.request_id is None or played.case is None:
            continue
        detail, recorded = reader.case(played.request_id), recorded_case(reader, played.request_id)
        assert detail is not None
        for event in recorded.events:
            past = as_it_stood(recorded, event.at)
            assert past.stage is past.events[-1].stage
            assert (past.stage is Stage.CLOSED) == (past.outcome is not None)
            assert past.outcome is None or (not past.allowed and not past.waits_for)
            looked_at += 1
        now = as_it_stood(recorded, recorded.events[-1].at + timedelta(days=1))
        assert (now.stage, now.outcome) == (detail.stage, detail.outcome)
        assert {(c.number, c.state) for c in now.clocks} == {(c.number, c.state) for c in detail.clocks}
        with pytest.raises(NotFiledYet, match="was not filed yet"):
            as_it_stood(recorded, recorded.events[0].at - timedelta(seconds=1))
    assert looked_at > 100
    with pytest.raises(NotFound, match="NANTONG-NONE"):
        recorded_case(reader, "NANTONG-NONE")


async def test_all_cases_of_a_department_in_a_period(ground: Sandbox, real_plays: dict[str, PlayedCase]) -> None:
    reader = Reader(ground.engine)
    every = {case.request_id: case for case in all_recorded(reader, CaseFilter())}
    assert {played.request_id for played in real_plays.values() if played.case} <= set(every)
    some = next(case for case in every.values() if case.events[-1].stage is Stage.CLOSED)
    of, first, last = some.unfiled.provider.code, day_of(some.events[0].at), day_of(some.events[-1].at)
    assert of is not None

    def found(start: date | None, end: date | None) -> set[str]:
        return {case.request_id for case in all_recorded(reader, selected(of, start, end, some.statute.id))}

    mine = {
        case.request_id
        for case in every.values()
        if case.statute.id == some.statute.id and of in (case.unfiled.requester.code, case.unfiled.provider.code)
    }
    assert found(None, None) == mine
    assert some.request_id in found(first, last) & found(last, None) & found(None, first)
    assert some.request_id not in found(last + timedelta(days=1), None) | found(None, first - timedelta(days=1))
    page = recorded_page(reader, selected(of, None, None, some.statute.id), None, 1)
    assert len(page.cases) == 1
    assert (page.next is None) == (len(mine) == 1)
    with pytest.raises(InvalidInput, match="before it begins"):
        selected(first=last, last=last - timedelta(days=1))


@pytest.mark.usefixtures("real_plays")
async def test_a_page_of_then_is_full_of_what_there_was_then(ground: Sandbox) -> None:
    reader = Reader(ground.engine)
    filed = sorted(each.events[0].at for each in all_recorded(reader, CaseFilter()))
    middle = filed[len(filed) // 2]
    page = page_as_of(reader, CaseFilter(), middle, None, 3)
    assert [len(page.cases), page.next is None] == [3, False]
    assert [each.events[0].at for each in page.cases] == [at for at in reversed(filed) if at <= middle][:3]
    assert page_as_of(reader, CaseFilter(before=filed[0]), middle, None, 3).cases == ()


async def test_findings_of_a_ledger(ground: Sandbox, real_plays: dict[str, PlayedCase]) -> None:
    reader, now = Reader(ground.engine), datetime.now(UTC)
    assert any(played.case for played in real_plays.values())
    found = list(all_findings(reader, CaseFilter(), now))
    walked, cursor = [], None
    while True:
        page = findings_page(reader, CaseFilter(), now, cursor, 9)
        walked += page.findings
        if (cursor := page.next) is None:
            break
    assert walked == found
    assert {each.kind for each in found} >= {FindingKind.LATE_ANSWER}
    one = found[len(found) // 2]
    period = selected(first=day_of(one.at), last=day_of(one.at))
    assert list(all_findings(reader, period, now)) == [each for each in found if day_of(each.at) == day_of(one.at)]
