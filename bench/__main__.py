"""``make bench``, ``python -m bench [GROUP...]``: measure, print, and keep the figures that documents quote.

Groups: see GROUPS. ``python -m bench profile`` says besides where a worker's Python time goes, by library.
"""

import signal
import sys
import time
from importlib import import_module
from typing import Any, Final, NoReturn

from bench import figures

GROUPS: Final = ("calendar", "engine", "http", "lists", "worker", "writers", "overload", "calendar_publish", "audit")
BESIDE: Final = ("profile",)
"""What is run only when it is named."""


def measured(group: str) -> dict[str, Any]:
    """Run one group; its figures."""
    begun = time.monotonic()
    found: dict[str, Any] = import_module(f"bench.{group}").run()
    sys.stderr.write(f"{group}: {time.monotonic() - begun:.0f} s\n")
    return found


def _stop(*_: object) -> NoReturn:
    """Whoever ends a measurement ends its servers too, and does not interrupt that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Run every measurement, or those that the command line names; 2 for a name that is none."""
    unknown = [name for name in arguments if name not in (*GROUPS, *BESIDE)]
    if unknown:
        sys.stderr.write(f"There is no group {', '.join(unknown)}; there are {', '.join((*GROUPS, *BESIDE))}.\n")
        return 2
    signal.signal(signal.SIGTERM, _stop)
    for group in arguments or GROUPS:
        found = {group: measured(group)}
        print(figures.shown(found), flush=True)
        if group not in BESIDE:
            figures.write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
