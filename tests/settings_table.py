"""Write the table of settings into docs/operations.md: ``python -m tests.settings_table``."""

import re
from pathlib import Path
from typing import Any

from configuration.setting import Setting
from configuration.settings import every_setting

DOCUMENT = Path(__file__).parent.parent / "docs/operations.md"


def table() -> str:
    """The settings as the table of ``docs/operations.md``, in Markdown."""
    rows = [f"| {_named(each)} | {each.says} | {each.kind} | {each.shown} | {each.part} |" for each in every_setting()]
    return "\n".join(["| variable | what it is | value | usual | for |", "|---|---|---|---|---|", *rows]) + "\n"


def _named(setting: Setting[Any]) -> str:
    return f"`{setting.variable}`" + (", or in the file that `…_FILE` names" if setting.secret else "")


def written(text: str) -> str:
    """The document with the table of now in the place of the one that it has."""
    return re.sub(r"\| variable \|.*?\n(?=\n)", lambda _: table(), text, count=1, flags=re.S)


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text("utf-8")), encoding="utf-8")
