"""A case at an instant of its past: as it stood then, and not as it ended."""

from datetime import timedelta

import pytest

from domain.words import CommandName, EventType, Role, Stage
from embedded.simulate.player import PlayedCase
from embedded.simulate.sandbox import Sandbox
from ledger.reader import Reader
from starter.errors import NotFound
from starter.looking_back import as_it_stood
from tests.plays import IMPASSE, Plays


async def test_each_event_leaves_the_stage_that_it_names(ground: Sandbox, real_plays: dict[str, PlayedCase]) -> None:
    reader, looked_at = Reader(ground.engine), 0
    for played in real_plays.values():
        if played.request_id is None or played.case is None:
            continue
        detail, events = reader.case(played.request_id), reader.events(played.request_id)
        assert detail is not None
        for event in events:
            past = as_it_stood(detail, events, event.at)
            assert past.stage is past.events[-1].stage
            assert (past.stage is Stage.CLOSED) == (past.outcome is not None)
            assert past.outcome is None or (not past.allowed and not past.waits_for)
            looked_at += 1
        now = as_it_stood(detail, events, events[-1].at + timedelta(days=1))
        assert (now.stage, now.outcome) == (detail.stage, detail.outcome)
        assert {(c.number, c.state) for c in now.clocks} == {(c.number, c.state) for c in detail.clocks}
        with pytest.raises(NotFound, match="was not filed yet"):
            as_it_stood(detail, events, events[0].at - timedelta(seconds=1))
    assert looked_at > 100


async def test_who_might_do_what_then(ground: Sandbox, plays: Plays) -> None:
    played = await plays[IMPASSE]
    assert played.request_id is not None
    reader = Reader(ground.engine)
    detail, events = reader.case(played.request_id), reader.events(played.request_id)
    assert detail is not None
    forwarded = next(event for event in events if event.type is EventType.FORWARDED)
    past = as_it_stood(detail, events, forwarded.at)
    assert past.waits_for == (Role.PROVIDER,) or list(past.waits_for) == [Role.PROVIDER]
    assert {CommandName.GRANT, CommandName.REFUSE} <= {*past.allowed[Role.PROVIDER]}
    assert CommandName.GRANT not in past.allowed.get(Role.BUREAU, ())
