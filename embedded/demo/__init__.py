"""The demonstration: real cases under all the regulations, played through the real engine and told line by line."""

from collections.abc import AsyncIterator
from importlib.resources import files

from embedded.simulate.player import PlayedCase, Player
from embedded.simulate.report import mismatches
from embedded.simulate.sandbox import Sandbox
from starter.scenarios import Scenario, scenario_from


def demo_cases() -> list[Scenario]:
    """The packaged cases, in order."""
    folder = files("embedded.demo").joinpath("cases")
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda entry: entry.name)
    return [scenario_from(entry.read_text(encoding="utf-8"), entry.name) for entry in found]


async def play_all(ground: Sandbox) -> AsyncIterator[tuple[PlayedCase, list[str]]]:
    """Play the cases one after another; each with what differs from its expectation (nothing, one hopes)."""
    for scenario in demo_cases():
        played = await Player(ground, scenario).play()
        yield played, mismatches(played)
