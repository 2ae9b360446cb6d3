"""The figures: printed, and kept in ``bench/out/figures.json`` by group and name for documents to quote."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).parent / "out" / "figures.json"

Figures = Mapping[str, Mapping[str, Any]]
"""Values by group and name."""


def shown(figures: Figures) -> str:
    """The figures as lines of text."""
    lines = []
    for group, found in figures.items():
        for name, value in found.items():
            lines.append(f"{group:<16} {name:<48} {f'{value:,.3g}' if isinstance(value, float) else value}")
    return "\n".join(lines)


def write(figures: Figures, file: Path = FILE) -> None:
    """Write the figures; groups that were not measured this time stay as they were."""
    file.parent.mkdir(exist_ok=True)
    whole = {**kept(file), **figures}
    file.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def kept(file: Path = FILE) -> Figures:
    """The figures of earlier runs; none where there is no such file."""
    try:
        found: Figures = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found
