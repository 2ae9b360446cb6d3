"""The command line. This file is what comes before all else: whether the engine was installed, which all but one need.

It imports nothing before :func:`main`, so that an early Ctrl-C ends the command without a traceback.
"""

INTERRUPTED = 130
"""The exit code for Ctrl-C."""


HELP = {"-h", "--help"}


def of_a_dossier(arguments: list[str]) -> bool:
    """Whether a command line asks about dossiers alone, or what there is to ask: that needs none of the engine."""
    if not arguments or arguments == ["audit"] or arguments[0] == "--version" or HELP & set(arguments):
        return True
    if arguments[:2] in (["audit", "verify"], ["audit", "page"]):
        return True
    files = any(each.lower().endswith(".zip") for each in arguments[2:])
    return files and arguments[0] == "audit" and arguments[1] in ("replay", "findings", "log")


def main() -> None:
    """Entry point of the ``shareflow`` command: exits 0 done, 1 refused or not found, 2 unusable input."""
    try:
        import sys

        from configuration.extra import exit_without_audit, exit_without_engine, missing
        from configuration.memory import collect_seldom

        collect_seldom()
        asked = sys.argv[1:]
        if of_a_dossier(asked) and asked[:1] == ["audit"]:
            exit_without_audit(" ".join(["The command shareflow", *asked[:2]]))
        elif not of_a_dossier(asked) or any(missing("audit")):
            exit_without_engine("The command shareflow")
        from cli.program import run_command
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    run_command()
