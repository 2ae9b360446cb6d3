"""The checks of ``shareflow doctor``. None raises: whatever goes wrong is a finding with a way to mend it."""

import asyncio
from collections.abc import Callable, Iterable

from cli.checks.engine import engine_checks
from cli.checks.findings import Check, failed
from cli.checks.law import calendar_check, policy_check, statutes_check
from cli.checks.machine import (
    ports_check,
    postgres_program_check,
    python_check,
    state_folder_check,
    temporal_program_check,
)
from cli.checks.secret_files import secrets_check
from cli.checks.variables import settings_check
from configuration.settings import Settings

BY_THEMSELVES: tuple[tuple[str, Callable[[Settings], Check]], ...] = (
    ("python", python_check),
    ("settings", settings_check),
    ("secrets", secrets_check),
    ("temporal_program", temporal_program_check),
    ("postgres_program", postgres_program_check),
    ("state_folder", state_folder_check),
    ("ports", ports_check),
    ("statutes", statutes_check),
    ("calendar", calendar_check),
    ("policy", policy_check),
)


async def every_check(settings: Settings) -> list[Check]:
    """All findings, in the order in which people should mend."""
    found = await asyncio.to_thread(lambda: list(_by_themselves(settings)))
    return [*found, *await engine_checks(settings)]


def _by_themselves(settings: Settings) -> Iterable[Check]:
    for name, check in BY_THEMSELVES:
        try:
            yield check(settings)
        except Exception as error:
            yield failed(name, error)
