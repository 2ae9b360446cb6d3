"""Why a program cannot start."""

from collections.abc import Iterator
from contextlib import contextmanager


class StartupError(Exception):
    """A program cannot start as things are; the message is one plain sentence that says how to mend it."""


@contextmanager
def port_named(what: str, port: int | None, variable: str) -> Iterator[None]:
    """Say which setting names a port that cannot be listened on inside. Raises StartupError then."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise StartupError(f"Port {port} for {what} cannot be used ({why}); set {variable}.") from error
