"""Where time went: stacks as py-spy writes them, counted by library."""

import asyncio
import json
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy

from bench.stacks import ROOT, by_library, passing, stacks_from

LIBRARY: Final = f"Connection.execute ({sqlalchemy.__file__}:1412)"
OURS: Final = f"record_step ({ROOT}/activities/ledger_steps.py:44)"
JSON: Final = f"dumps ({json.__file__}:231)"
LOOP: Final = f"run_forever ({asyncio.__file__}:608)"

LINES: Final = (
    f"thread (1): MainThread;{LOOP};{OURS};{LIBRARY} 60",
    f"thread (1): MainThread;{LOOP};{OURS};{JSON} 25",
    f"thread (1): MainThread;{LOOP} 10",
    "thread (2): other;<module> (<string>:1) 5",
    "",
)


def test_time_is_spent_where_the_innermost_frame_of_a_library_is() -> None:
    assert by_library(stacks_from(LINES)) == {
        "SQLAlchemy and driver": pytest.approx(0.6),
        "activities": pytest.approx(0.25),
        "asyncio and threads": pytest.approx(0.1),
        "the interpreter": pytest.approx(0.05),
    }


def test_a_function_counts_once_for_each_stack_that_passed_through_it() -> None:
    twice = [f"{OURS};{JSON};{OURS} 3", f"{LOOP} 1"]
    name = f"{Path('activities/ledger_steps.py')}:record_step"
    assert passing(stacks_from(twice), 5) == {name: pytest.approx(0.75)}


def test_no_samples_are_no_error() -> None:
    assert by_library(stacks_from([])) == {}
