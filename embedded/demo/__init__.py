"""The demonstration: real cases under all the regulations, played through the real engine and told line by line."""

from collections.abc import AsyncIterator
from importlib.resources import files

from embedded.simulate.player import PlayedCase, Player
from embedded.simulate.report import mismatches
from embedded.simulate.sandbox import Sandbox
from starter.scenarios import Scenario, scenario_from


def demo_files() -> list[tuple[str, str]]:
    """The files of the packaged cases, in order: name and text."""
    folder = files("embedded.demo").joinpath("cases")
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda entry: entry.name)
    return [(entry.name, entry.read_text(encoding="utf-8")) for entry in found]


def demo_cases() -> list[Scenario]:
    """The packaged cases, in order."""
    return [scenario_from(text, name) for name, text in demo_files()]


async def play_all(ground: Sandbox) -> AsyncIterator[tuple[PlayedCase, list[str]]]:
    """Play the cases one after another; each with what differs from its expectation (nothing, one hopes)."""
    for scenario in demo_cases():
        played = await Player(ground, scenario).play()
        yield played, mismatches(played)
