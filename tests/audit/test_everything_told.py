"""A case that begins again with nothing: whatever people, time and platform had done in it, its ledger tells it whole.

Each scenario is such a case, on paper: of each command the rules must find again what was given, or that very command
must be found where somebody asks again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from audit.verification.lost_answers import Vouched, vouched_by
from audit.verification.replayed import GivenCommand, HeardStep, Replayed
from domain.engine.commands import Command
from domain.engine.records import RecordedEvent, Step, StepResult
from embedded.simulate.player import command_of
from protocol.opening import case_before
from tests.covering import few
from tests.forms import either
from tests.plays import FILES, name_of, on_paper
from tests.pure_play import PurePlay
from workflows.filing import digests_of


def shown(play: PurePlay) -> set[tuple[object, ...]]:
    """What a play shows of its procedure that may be told."""
    return {(play.played.scenario.procedure, event.type, event.stage) for event in play.played.events}


SAME, LATER = timedelta(), timedelta(days=40)


def told(play: PurePlay, given: Sequence[Command] = ()) -> Vouched:
    """What vouches for a case that knows these commands alone, and that its ledger has told everything."""
    assert play.filing is not None
    opening, (filing, *others) = play.filing.opening, play.played.events
    filed = filing.model_copy(update={"data": {**filing.data, **digests_of(opening)}})
    events: Sequence[RecordedEvent] = [filed, *others]
    nothing = Step(request_id=opening.request_id, statute=opening.statute, head=0, events=())
    everything = StepResult(applied=True, head=len(events), digest=events[-1].digest, events=events)
    now = datetime.now(UTC)
    steps = [HeardStep(nothing, everything, case_before(opening), now)]
    taken = {each.key: [GivenCommand(each, now, each.key)] for each in given}
    return vouched_by(Replayed(steps=steps, given=taken), opening)


def commands_in(play: PurePlay, later: timedelta) -> Sequence[Command]:
    """The commands that were carried out, received so much later than they were."""
    scenario, refused = play.played.scenario, {step.step for step in play.played.refused}
    steps = [step for step in enumerate(scenario.steps, start=1) if step[0] not in refused]
    found = {
        command.key: command for number, step in reversed(steps) for command in [command_of(scenario, number, step)]
    }
    return [
        each.model_copy(update={"received_at": each.received_at + later}) for each in found.values() if each.received_at
    ]


def misjudged(play: PurePlay) -> Sequence[int]:
    """The events of which it is not found what they come from, however much is known of the commands."""
    events = play.played.events
    by_people = {event.seq for event in events if event.key != events[0].key and event.key is not None}
    without, at_once, later = (
        told(play, given) for given in ((), *(commands_in(play, days) for days in (SAME, LATER)))
    )
    left = {event.seq for event in events} - {*without.again, *without.unasked}
    return sorted(left | by_people - {*without.unasked} | by_people - {*at_once.again} | by_people - {*later.unasked})


@pytest.mark.long
def test_whatever_was_done_in_a_case_is_taken_over() -> None:
    """In the short form of as few as show every event of each procedure in every stage."""
    plays = {name_of(path): play for path in FILES if (play := on_paper(path)).paper is not None}
    chosen = either(few({name: shown(play) for name, play in plays.items()}), list(plays))
    wrong = {name: found for name in chosen if (found := misjudged(plays[name]))}
    assert wrong == {}
