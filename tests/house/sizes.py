"""How large the rooms are: ``python -m tests.house.sizes`` writes the table into docs/architecture.md."""

import argparse
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.house.code import ROOT, product, room

ARCHITECTURE: Final = (ROOT / "docs/architecture.md", ROOT / "docs/architecture.zh-CN.md")
BEGINS, ENDS = "<!-- sizes -->", "<!-- /sizes -->"


def lines(path: Path) -> int:
    """How many lines a file has."""
    return len(path.read_text(encoding="utf-8").splitlines())


def by_package(depth: int) -> Mapping[str, int]:
    """The lines of the product's Python files by folder, so many levels down; the largest first.

    A file that lies above that level counts for the folder it lies in.
    """
    sizes: Counter[str] = Counter()
    for path in product():
        folders = path.relative_to(ROOT).parts[:-1]
        sizes["/".join(folders[:depth]) or room(path)] += lines(path)
    return dict(sizes.most_common())


def table() -> str:
    """The rooms at the top and the largest packages in them, in whole hundredths of the code."""
    whole = sum(by_package(1).values())
    at_top = [f"| `{name}` | {size / whole:.0%} |" for name, size in by_package(1).items()]
    largest = [f"`{name}` {size / whole:.0%}" for name, size in list(by_package(2).items())[:6]]
    return "\n".join(["| room | of the code |", "|---|---|", *at_top, "", ", ".join(largest)])


def main() -> None:
    """Write the table where the documents keep it; ``--help`` only says so."""
    argparse.ArgumentParser(prog="python -m tests.house.sizes", description=__doc__).parse_args()
    for path in ARCHITECTURE:
        before, _, rest = path.read_text(encoding="utf-8").partition(BEGINS)
        after = rest.partition(ENDS)[2]
        path.write_text(f"{before}{BEGINS}\n{table()}\n{ENDS}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
