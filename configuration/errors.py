"""Why a program cannot start."""


class StartupError(Exception):
    """A program cannot start as things are; the message is one plain sentence that says how to mend it."""
