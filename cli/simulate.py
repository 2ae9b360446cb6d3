"""``shareflow simulate``: scenario files played on a real server with a skipped clock (场景推演)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import REFUSED, UNUSABLE, exit_code, say
from cli.output import AsJson, print_json
from configuration.files import FileError, read_text

if TYPE_CHECKING:
    from asyncio import Semaphore

    from embedded.simulate.player import PlayedCase
    from embedded.simulate.sandbox import Sandbox
    from starter.scenarios import Scenario

AT_ONCE = 6
"""How many cases are played at a time: more are not faster, and each must be answered in time."""

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Scenario files (YAML).", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate_command)


def simulate_command(files: Files, json_output: AsJson = False) -> None:
    """Play scenario files and check what they expect; exit 1 where something differs."""
    scenarios = _read(files)
    from cli.running import run

    results = run(_play_all(scenarios), usual_level="error")
    if json_output:
        from embedded.simulate.report import as_json

        print_json([as_json(played, differences) for played, differences in results])
    else:
        for file, (played, differences) in zip(files, results, strict=True):
            _print_result(file, played, differences)
    if any(differences for _, differences in results):
        raise typer.Exit(REFUSED)


def _read(files: Sequence[str]) -> list["Scenario"]:
    """All scenarios; where one cannot be used, every such file is named and nothing is played."""
    from starter.scenario_complaints import ScenarioError
    from starter.scenarios import LONGEST_FILE, scenario_from

    scenarios = []
    for file in files:
        try:
            scenarios.append(scenario_from(read_text(file, LONGEST_FILE), file))
        except (FileError, ScenarioError) as error:
            say(str(error))
    if len(scenarios) < len(files):
        raise typer.Exit(UNUSABLE)
    return scenarios


async def _play_all(scenarios: Sequence["Scenario"]) -> list[tuple["PlayedCase", list[str]]]:
    """Each play with what differs, in the order of the scenarios. Raises StartupError."""
    import asyncio

    from embedded.simulate.sandbox import sandbox

    gate = asyncio.Semaphore(AT_ONCE)
    async with sandbox() as ground:
        return await asyncio.gather(*(_play(gate, ground, scenario) for scenario in scenarios))


async def _play(gate: "Semaphore", ground: "Sandbox", scenario: "Scenario") -> tuple["PlayedCase", list[str]]:
    """One play; one that breaks off is a difference of its own and does not end the others."""
    import logging

    from embedded.simulate.player import Player
    from embedded.simulate.report import mismatches

    async with gate:
        player = Player(ground, scenario)
        try:
            played = await player.play()
        except Exception as error:
            known = exit_code(error) is not None
            if not known:
                logging.getLogger("shareflow.simulate").error(
                    "play broke off", extra={"scenario": scenario.name}, exc_info=True
                )
            reason = str(error) if known else f"{type(error).__name__}: {error}"
            before = [each.told("en") for each in player.played.unexpected]
            return player.played, [*before, f"the play broke off ({' '.join(reason.split())})"]
        return played, mismatches(played)


def _print_result(file: str, played: "PlayedCase", differences: Sequence[str]) -> None:
    verdict = "differs" if differences else "ok     "
    typer.echo(f"{verdict}  {file}: {played.scenario.name} ({_end(played)})")
    for difference in differences:
        typer.echo(f"         - {difference}")


def _end(played: "PlayedCase") -> str:
    """Where the case stood at the end, in both languages."""
    from domain.messages import label

    if played.case is None:
        refused = next((step for step in played.refused if step.step == 0), None)
        if refused is None:
            return "not played to its end"
        article = f", art. {refused.article}" if refused.article else ""
        return f"filing refused: {refused.code}{article}"
    kind, word = ("outcome", played.case.outcome) if played.case.outcome else ("stage", played.case.stage)
    return f"{label(kind, word, 'zh')} {label(kind, word, 'en')}"
