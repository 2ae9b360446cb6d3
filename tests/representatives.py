"""Which scenarios stand for all: few, and together they show whatever all of them show.

What a scenario shows is read from its play on paper: of its procedure the commands carried out, the events, the stages
and the outcome; besides, the text, the refusals, the limits with their ends and what each rests on, who acts, and the
calendar that was known.
"""

from collections.abc import Hashable, Iterator, Mapping, Set
from pathlib import Path

from tests.covering import few
from tests.pure_play import PurePlay


def representatives(plays: Mapping[Path, PurePlay], beside: Set[Path] = frozenset()) -> list[Path]:
    """Such that nothing which any play shows is missing, and as short as may be.

    ``beside`` are played in any case: what those show needs no other.
    """
    shown = {path: frozenset(_traits(play)) for path, play in plays.items()}
    known = {trait for path in beside for trait in shown[path]}
    return few({path: traits - known for path, traits in shown.items()}, lambda path: _length(plays[path]))


def _length(play: PurePlay) -> int:
    """What a play takes on the real server, more or less: the filing and the look at the end, each step, each wait."""
    played = play.played
    return 2 + len(played.scenario.steps) + len(played.events) // 3


def _traits(play: PurePlay) -> Iterator[Hashable]:
    scenario, played = play.played.scenario, play.played
    refused = {step.step for step in played.refused}
    of_procedure: list[Hashable] = [
        ("outcome", played.case.outcome if played.case else None),
        *(("command", step.do) for number, step in enumerate(scenario.steps, start=1) if number not in refused),
        *(("event", event.type) for event in played.events),
        *(("stage", event.stage) for event in played.events),
    ]
    yield ("calendar", scenario.calendar)
    yield ("text", scenario.statute)
    yield from (("refusal", step.code) for step in played.refused)
    yield from (("clock", clock.id, clock.state) for clock in played.clocks)
    yield from (("basis", clock.basis) for clock in played.clocks)
    yield from (("by", event.actor.role) for event in played.events)
    yield from ((scenario.procedure, trait) for trait in of_procedure)
