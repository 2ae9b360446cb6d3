"""Locks for work that only one process of an installation does at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Engine, func, select

from ledger.engine import reading

_SIMULATION: Final = 0x706C6179  # "play" in ASCII


@contextmanager
def turn_to_simulate(engine: Engine) -> Iterator[bool]:
    """Take the installation-wide turn to play a scenario, if it is free; yields whether it was."""
    with reading(engine) as connection:
        alone: bool = connection.execute(select(func.pg_try_advisory_lock(_SIMULATION))).scalar_one()
        try:
            yield alone
        finally:
            if alone:
                connection.execute(select(func.pg_advisory_unlock(_SIMULATION)))
