"""``python -m worker``: the process that ``shareflow worker`` runs."""

import sys

from configuration.extra import exit_without_engine
from configuration.memory import load_undisturbed


def run() -> int:
    """Run the worker. What it stands on is imported here: where that is not installed, one sentence says so."""
    exit_without_engine("The worker")
    load_undisturbed()
    from worker.running import main

    return main()


sys.exit(run())
