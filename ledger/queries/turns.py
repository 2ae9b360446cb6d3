"""What one process of an installation does at a time, whichever of them it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Engine, func, select

from ledger.engine import reading

_SIMULATION: Final = 0x706C6179  # "play" in ASCII


@contextmanager
def turn_to_simulate(engine: Engine) -> Iterator[bool]:
    """Whether nobody else plays a scenario now; while inside, nobody else does. It ends with its connection, too."""
    with reading(engine) as connection:
        alone: bool = connection.execute(select(func.pg_try_advisory_lock(_SIMULATION))).scalar_one()
        try:
            yield alone
        finally:
            if alone:
                connection.execute(select(func.pg_advisory_unlock(_SIMULATION)))
