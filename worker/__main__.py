"""``python -m worker``: the process that ``shareflow worker`` runs."""

import sys

from configuration.extra import exit_without_engine
from configuration.memory import load_undisturbed


def run() -> int:
    """Run the worker. Its dependencies are imported here, so that one sentence reports those that are not installed."""
    exit_without_engine("The worker")
    load_undisturbed()
    from worker.running import main

    return main()


sys.exit(run())
