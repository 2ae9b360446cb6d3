"""Whether the tests of the browser can run here: they need Debian's Chromium, and are left out, aloud, without it."""

from pathlib import Path
from typing import Final

import pytest

CHROMIUM: Final = Path("/usr/bin/chromium")
ROOM: Final = Path(__file__).parent


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say at the end of a run that the tests of the browser were left out, where it would have had them."""
    asked = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    if not CHROMIUM.exists() and any(ROOM.is_relative_to(path) or path.is_relative_to(ROOM) for path in asked):
        terminalreporter.write_line(
            f"tests/browser was LEFT OUT: there is no {CHROMIUM}. "
            "apt-get install --no-install-recommends chromium fonts-noto-cjk",
            yellow=True,
        )
