"""The command line. This file is what comes before all else: whether the engine was installed at all.

It imports nothing before :func:`main`, so that an early Ctrl-C ends the command without a traceback.
"""

INTERRUPTED = 130
"""The exit code for Ctrl-C."""


def main() -> None:
    """Entry point of the ``shareflow`` command: exits 0 done, 1 refused or not found, 2 unusable input."""
    try:
        from configuration.extra import exit_without_engine

        exit_without_engine("The command shareflow")
        from cli.program import run_command
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    run_command()
