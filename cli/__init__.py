"""The command line. This file is what comes before all else: whether the engine was installed at all.

It imports nothing before :func:`main`, so that an early Ctrl-C ends the command without a traceback.
"""

import sys

INTERRUPTED = 130
"""The exit code for Ctrl-C."""


def main() -> None:
    """Entry point of the ``shareflow`` command: exits 0 done, 1 refused or not found, 2 unusable input."""
    try:
        from configuration.extra import UNUSABLE, why_no_engine

        why = why_no_engine("The command shareflow")
        if why:
            print(why, file=sys.stderr)
            raise SystemExit(UNUSABLE)
        from cli.program import run_command
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    run_command()
