"""Who gives a command on the command line, as the ledger names the person."""

import getpass

from domain.log.acts import Acting
from domain.words import Role


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


def operator() -> Acting:
    """Whoever runs the process, as it stands among the acts of those who run the engine."""
    return named_operator(who())


def named_operator(name: str) -> Acting:
    """Somebody of this name who runs the engine."""
    return Acting(subject=name, roles=(Role.OPERATOR,))
