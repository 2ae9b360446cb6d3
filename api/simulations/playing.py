"""Playing scenarios for whoever asks at a door: read first, one order at a time in the whole installation."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from api.context import AppContext
from api.http.problems import Problem
from api.simulations.schemas import SimulatedOut
from domain.messages import Language, label
from starter.case_opening import statute_named
from starter.errors import RequestRefused
from starter.scenario_complaints import ScenarioError
from starter.scenarios import Scenario, scenario_from
from starter.simulations import LONGEST_PLAY, PlaysTooLong, SimulationOrder, Simulator

AGAIN_SECONDS: Final = 20
"""When to ask again while somebody else's is played."""


def read_scenario_text(text: str, language: Language) -> Scenario:
    """A scenario. Raises Problem 422 with line, field and reason for a text that is none."""
    try:
        return scenario_from(text, label("what_if", "the_scenario", language), language)
    except ScenarioError as error:
        raise Problem(422, "invalid", detail=str(error)) from None


async def play_texts(context: AppContext, texts: Sequence[str], language: Language) -> list[SimulatedOut]:
    """What came of each scenario.

    Raises Problem 422 for one that cannot be read, names no text that there is or takes too long, 429 while another
    order is played, 404 where nothing can be played here, and Unavailable.
    """
    simulator = simulator_of(context)
    for text in texts:
        scenario = await asyncio.to_thread(read_scenario_text, text, language)
        if scenario.expect.refused is None:
            _find_text(scenario)
    async with _turn(context):
        order = await asyncio.to_thread(_order, context, texts, language)
        try:
            plays = await simulator.play(order)
        except PlaysTooLong:
            detail = label("what_if", "too_long", language).format(seconds=int(LONGEST_PLAY))
            raise Problem(422, "invalid", detail=detail) from None
    return [SimulatedOut.model_validate(play) for play in plays]


def _find_text(scenario: Scenario) -> None:
    """Raises Problem 422 where there is no text under which the scenario could be filed: playing would only tell so."""
    try:
        statute_named(scenario.statute)
    except RequestRefused as refusal:
        raise Problem(422, "unknown_statute", details=refusal.details) from None


def simulator_of(context: AppContext) -> Simulator:
    """What plays scenarios. Raises Problem 404 where nothing does."""
    if context.simulator is None:
        raise Problem(404, "simulations_off")
    return context.simulator


def _order(context: AppContext, texts: Sequence[str], language: Language) -> SimulationOrder:
    """Under the policy and the calendar that count here."""
    packaged = context.calendar.editions
    stored = [edition for edition in context.calendar_store.now().editions if edition not in packaged]
    return SimulationOrder(
        scenarios=tuple(texts),
        policy=context.client.policy,
        editions=tuple(edition.to_json() for edition in stored),
        language=language,
    )


@asynccontextmanager
async def _turn(context: AppContext) -> AsyncIterator[None]:
    """Be the only one who plays while inside. Raises Problem 429 while somebody else does."""
    held = context.writer.turn_to_simulate()
    alone = await asyncio.to_thread(held.__enter__)
    try:
        if not alone:
            raise Problem(429, "simulation_busy", headers={"Retry-After": str(AGAIN_SECONDS)})
        yield
    finally:
        await asyncio.to_thread(held.__exit__, None, None, None)
