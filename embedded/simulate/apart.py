"""Playing scenarios in a process of its own (``python -m embedded.simulate.apart``), for programs that serve others.

Such a process reads a :class:`SimulationOrder` from its standard input and writes a :class:`SimulationOutcome` to its
standard output. It takes no more time than the order says, and ends its servers however it ends.
"""

import asyncio
import signal
import sys
from collections.abc import Mapping
from typing import Any

from configuration.errors import StartupError
from domain.calendar import Calendar, load_edition
from domain.calendar.amending import with_stored
from embedded.simulate.player import Player
from embedded.simulate.report import as_json, differences, mismatches
from embedded.simulate.sandbox import Sandbox, sandbox
from starter.errors import EngineError
from starter.scenarios import Scenario, scenario_from
from starter.simulations import SimulationOrder, SimulationOutcome


async def outcome_of(order: SimulationOrder) -> SimulationOutcome:
    """Carry out an order whose scenarios can be read. Raises ScenarioError, CalendarError for what cannot."""
    calendar = with_stored(Calendar.packaged(), (load_edition(text, "the order") for text in order.editions))
    scenarios = [scenario_from(text, "scenario") for text in order.scenarios]
    try:
        async with asyncio.timeout(order.seconds), sandbox(calendar) as ground:
            plays = await asyncio.gather(*(_played(ground, scenario, order) for scenario in scenarios))
    except TimeoutError:
        return SimulationOutcome(too_long=True)
    except (EngineError, StartupError) as error:
        return SimulationOutcome(failed=str(error))
    return SimulationOutcome(plays=tuple(plays))


async def _played(ground: Sandbox, scenario: Scenario, order: SimulationOrder) -> Mapping[str, Any]:
    played = await Player(ground, scenario, policy=order.policy).play()
    told = [{"about": each.about, "told": each.told(order.language)} for each in differences(played)]
    return {**as_json(played, mismatches(played)), "differences": told}


async def _until_told(order: SimulationOrder) -> SimulationOutcome:
    """The outcome; a SIGTERM ends the servers first and then the process."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await outcome_of(order)


def main() -> None:
    """Carry out the order of standard input."""
    order = SimulationOrder.model_validate_json(sys.stdin.buffer.read())
    sys.stdout.write(asyncio.run(_until_told(order)).model_dump_json())


if __name__ == "__main__":
    main()
