"""Who gives a command on the command line, as the ledger names the person."""

import getpass


def who() -> str:
    """The name of whoever runs the process; ``unknown`` where the machine has none, as in many containers."""
    try:
        return getpass.getuser()
    except (
        OSError,
        KeyError,
        ImportError,
    ):  # no variable says it and the id is in no list; before Python 3.13 KeyError
        return "unknown"
