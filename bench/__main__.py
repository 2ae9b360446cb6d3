"""``make bench``: measure, print, and keep the figures that documents quote in ``bench/out/figures.json``."""

import json
from pathlib import Path

from bench import calendar, engine, http


def main() -> None:
    """Run every measurement."""
    figures = {"calendar": calendar.run(), "engine": engine.run(), "http": http.run()}
    for group, found in figures.items():
        for name, value in found.items():
            shown = f"{value:,.3g}" if isinstance(value, float) else value
            print(f"{group:<10} {name:<40} {shown}")
    out = Path("bench/out")
    out.mkdir(exist_ok=True)
    (out / "figures.json").write_text(json.dumps(figures, indent=2, default=str) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
