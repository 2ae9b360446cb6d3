"""The command line. This file is what comes before all else: whether the engine was installed, which all but one need.

It imports nothing before :func:`main`, so that an early Ctrl-C ends the command without a traceback.
"""

INTERRUPTED = 130
"""The exit code for Ctrl-C."""


def main() -> None:
    """Entry point of the ``shareflow`` command: exits 0 done, 1 refused or not found, 2 unusable input."""
    try:
        import sys

        from configuration.extra import exit_without_audit, exit_without_engine

        if sys.argv[1:3] == ["audit", "verify"]:
            exit_without_audit("The command shareflow audit verify")
        else:
            exit_without_engine("The command shareflow")
        from cli.program import run_command
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    run_command()
