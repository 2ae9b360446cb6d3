"""Whether files that hold passwords and keys are read by nobody else; two of them have checks of their own."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from cli.checks.findings import Check, ok, skipped, warning
from configuration.files import others_may_read
from configuration.settings import Settings

NAME: Final = "secrets"


def secrets_check(settings: Settings) -> Check:
    """The modes of the files that settings name for a password, a secret or a key; those of the log and of sealed
    messages are looked at by ``checkpoints`` and ``sealing``. One that is not there is told by whoever needs it."""
    named = [*_named(settings)]
    if not named:
        return skipped(NAME, "no_secret_files")
    opened = list[Path]()
    for file in named:
        with suppress(OSError):
            opened += [file] if others_may_read(file) else []
    if opened:
        return warning(NAME, "secrets_open", files=opened)
    return ok(NAME, "secrets", number=len(named))


def _named(settings: Settings) -> Iterator[Path]:
    yield from settings.secret_files
    if settings.oidc_client_secret_file:
        yield settings.oidc_client_secret_file
    if settings.robots:
        yield Path(settings.robots)
