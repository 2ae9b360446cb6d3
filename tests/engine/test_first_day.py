"""No text is applied before its first day, whatever is filed under it."""

from datetime import datetime, timedelta

import pytest

from domain.calendar import CHINA
from domain.engine.decision import PLATFORM, Refused
from domain.engine.records import Actor
from domain.policy import default_policy
from domain.refusal_codes import RefusalCode
from domain.statutes.loader import get_statute, packaged_statutes
from domain.words import ProcedureName
from procedures.registry import PROCEDURES, open_case
from procedures.share_request.application import Application
from starter.case_opening import enter_case, matter_of
from starter.errors import RequestRefused
from tests.engine.cases import entered

INSTANT = timedelta(seconds=1)


def _first_instant(statute_id: str) -> datetime:
    first = get_statute(statute_id).first_day
    assert first is not None
    return datetime(first.year, first.month, first.day, tzinfo=CHINA)


def _code(procedure: ProcedureName, statute_id: str, at: datetime, actor: Actor) -> RefusalCode | None:
    it = PROCEDURES[procedure]
    case = it.new_case("", get_statute(statute_id), default_policy(), it.matter())
    try:
        open_case(case, actor, at)
    except Refused as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize("statute_id", sorted(packaged_statutes()))
@pytest.mark.parametrize("procedure", list(ProcedureName))
def test_nothing_is_opened_before_the_first_day_and_all_from_then_on(procedure: ProcedureName, statute_id: str) -> None:
    first = _first_instant(statute_id)
    for actor in (PLATFORM, Actor(role=PROCEDURES[procedure].opened_by[0])):
        assert _code(procedure, statute_id, first - INSTANT, actor) is RefusalCode.STATUTE_NOT_IN_FORCE
        assert _code(procedure, statute_id, first, actor) is not RefusalCode.STATUTE_NOT_IN_FORCE
        # Nor does a text cease to be usable when a newer one takes its place.
        later = first + timedelta(days=36500)
        assert _code(procedure, statute_id, later, actor) is not RefusalCode.STATUTE_NOT_IN_FORCE


def test_the_doors_say_since_when_it_is_in_force() -> None:
    """What HTTP, the command line, events and played cases all go through."""
    early = datetime(2025, 7, 31, 23, 59, 59, tzinfo=CHINA)
    with pytest.raises(RequestRefused, match=r"cn-809-2025 is in force from 2025-08-01; on 2025-07-31 it was not yet"):
        entered("cn-809-2025", Application(), default_policy(), "k", early)
    matter = matter_of(ProcedureName.DEMAND, {})
    with pytest.raises(RequestRefused) as refused:
        enter_case(
            ProcedureName.DEMAND,
            "nantong-2020+809",
            matter,
            Actor(role=PROCEDURES[ProcedureName.DEMAND].opened_by[0]),
            default_policy(),
            "k",
            received_at=early,
        )
    assert refused.value.code == "statute_not_in_force"
