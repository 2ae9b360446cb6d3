"""What the pages of deploy/ and of operation have one type can be typed: commands, options and units that there are."""

import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import pytest
from typer.main import get_command

from cli.program import app
from tests.deploy.conftest import DEPLOY

PAGES: Final = [*sorted(DEPLOY.rglob("*.md")), DEPLOY.parent / "docs/operations.md"]
UNITS: Final = {path.name for path in (DEPLOY / "systemd").iterdir()}
OF_OTHERS: Final = {"nginx", "postgresql", "pgbouncer"}
"""Units of Debian's packages that the pages name."""
COMMAND: Final[Any] = get_command(app)
VERBS: Final = (
    "start",
    "stop",
    "restart",
    "status",
    "enable",
    "disable",
    "reload",
    "edit",
    "list-timers",
    "add-wants",
    "cat",
)


def typed(text: str) -> Iterator[str]:
    """What stands as code on a page, block by block and word by word, without what is said beside it."""
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text, re.S)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))
    for line in [*spans, *(line for block in blocks for line in block.splitlines())]:
        yield re.sub(r"\s+#.*$", "", line).strip()


def commands(text: str) -> Iterator[list[str]]:
    """Each command of ours that is typed, after the word ``shareflow``."""
    for line in typed(text):
        for found in re.findall(r"(?:^|/|[A-Z]\S*=\S* |&& )shareflow ([a-z-][^|;&>]*)", line):
            yield found.split()


def amiss(words: list[str]) -> str | None:
    """The first word of a command that the program does not know, if there is one."""
    at = COMMAND
    left = list(words)
    while left and getattr(at, "commands", None) is not None:
        if left[0].startswith("-") or left[0] == "…":
            break
        if left[0] not in at.commands:
            return left[0]
        at = at.commands[left.pop(0)]
    options = {name for each in at.params for name in (*each.opts, *each.secondary_opts)} | {"--help", "-h"}
    asked = [word.partition("=")[0] for word in left if word.startswith("--") and len(word) > 2]
    return next((name for name in asked if name not in options), None)


def units(text: str) -> Iterator[str]:
    """Each unit that is looked at or started, without its number."""
    for line in typed(text):
        words = [word.strip("'\"") for word in line.split()]
        for at, word in enumerate(words):
            if word == "-u" and "journalctl" in words[:at] and at + 1 < len(words):
                yield words[at + 1]
            if word in VERBS and "systemctl" in words[:at]:
                yield from takewhile(_is_a_unit, (each for each in words[at + 1 :] if not each.startswith("-")))


def _is_a_unit(word: str) -> bool:
    return re.fullmatch(r"[a-z][\w.@*-]*", word) is not None


def known(unit: str) -> bool:
    plain = re.sub(r"@(\d+|N|\*)", "@", unit)
    if plain.endswith("*"):
        return any(name.startswith(plain.rstrip("*")) for name in UNITS)
    return plain in OF_OTHERS or plain in UNITS or f"{plain}.service" in UNITS


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_has_one_type_commands_that_there_are(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [(" ".join(words), wrong) for words in commands(text) if (wrong := amiss(words)) is not None] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_names_units_that_there_are(path: Path) -> None:
    assert [unit for unit in units(path.read_text("utf-8")) if not known(unit)] == []


def test_what_there_is_not_is_found_out() -> None:
    page = "`shareflow stuck retries ID`, `journalctl -u shareflow-apis -n 20`, `shareflow admin backup --date /x`"
    assert [amiss(words) for words in commands(page)] == ["retries", "--date"]
    assert [unit for unit in units(page) if not known(unit)] == ["shareflow-apis"]
    assert len([*commands((DEPLOY / "README.md").read_text("utf-8"))]) >= 5
