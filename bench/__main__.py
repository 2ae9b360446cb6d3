"""``make bench``: measure, print, and keep the figures that documents quote in ``bench/out/figures.json``."""

import json
import sys
from pathlib import Path

from bench import calendar, calendar_publish, engine, http


def main() -> None:
    """Run every measurement, or those that the command line names."""
    parts = {"calendar": calendar, "engine": engine, "http": http, "calendar_publish": calendar_publish}
    figures = {name: parts[name].run() for name in sys.argv[1:] or parts}
    for group, found in figures.items():
        for name, value in found.items():
            shown = f"{value:,.3g}" if isinstance(value, float) else value
            print(f"{group:<16} {name:<40} {shown}")
    out = Path("bench/out")
    out.mkdir(exist_ok=True)
    (out / "figures.json").write_text(json.dumps(figures, indent=2, default=str) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
