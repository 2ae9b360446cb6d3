"""How large the rooms are: ``python -m tests.house.sizes`` writes the table into docs/architecture.md and its sister.

It says which files it wrote, and of each whether anything became different.
"""

import argparse
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.house.code import ROOT, product, room, shown

ARCHITECTURE: Final = (ROOT / "docs/architecture.md", ROOT / "docs/architecture.zh-CN.md")
WORDS: Final = {
    ARCHITECTURE[0]: (
        "| package | share of the code |",
        "The largest folders one level down (a top-level package counts here only for the files directly in it):",
    ),
    ARCHITECTURE[1]: (
        "| 目录 | 占代码 |",
        "再下一层最大的目录（此处列出的顶层目录只计直接位于其中、不在其子目录内的文件）：",
    ),
}
"""Of each document: the heading of the table, and what stands before the largest folders in the rooms."""
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


def table(heading: str, below: str) -> str:
    """The rooms at the top and, after the words ``below``, the largest packages in them, in whole hundredths."""
    whole = sum(by_package(1).values())
    at_top = [f"| `{name}` | {size / whole:.0%} |" for name, size in by_package(1).items()]
    largest = [f"`{name}` {size / whole:.0%}" for name, size in list(by_package(2).items())[:6]]
    return "\n".join([heading, "|---|---|", *at_top, "", below, ", ".join(largest)])


def main() -> None:
    """Write the table where the documents keep it, and say which these are; ``--help`` writes nothing."""
    argparse.ArgumentParser(prog="python -m tests.house.sizes", description=__doc__).parse_args()
    for path in ARCHITECTURE:
        was = path.read_text(encoding="utf-8")
        before, _, rest = was.partition(BEGINS)
        after = rest.partition(ENDS)[2]
        becomes = f"{before}{BEGINS}\n{table(*WORDS[path])}\n{ENDS}{after}"
        path.write_text(becomes, encoding="utf-8")
        print(f"{shown(path)}: {'as it was' if becomes == was else 'written'}")


if __name__ == "__main__":
    main()
