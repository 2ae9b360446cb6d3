"""``python -m starter.diagram --write | --check``: the committed pictures, one for each procedure and text."""

import sys
from collections.abc import Iterator
from pathlib import Path

from domain.messages import label
from domain.statutes.loader import get_statute
from procedures.registry import ALL
from starter.diagram.of_procedure import picture_of
from starter.diagram.svg import draw
from starter.procedures import required

FOLDER = Path(__file__).parents[2] / "docs/procedures/pictures"
HEAD = """# The stages of each procedure under each text 各办理程序在各法规下的流程图

Drawn by `shareflow procedure diagram NAME --statute ID` from the procedures as they are declared
(`procedures/*/process.py`); `make pictures` draws all of them again, and `make check` compares.
"""


def pictures() -> Iterator[tuple[str, str]]:
    """Each committed file by its name, with what it must say."""
    index = [HEAD]
    for procedure in ALL:
        index.append(f"\n## `{procedure.name}` {label('procedure', procedure.name, 'zh')}\n\n")
        for statute in required(procedure):
            name = f"{procedure.name}/{statute}.svg"
            yield name, draw(picture_of(procedure, get_statute(statute), "zh"))
            index.append(f"- [{statute}]({name})\n")
    yield "README.md", "".join(index)


def main(arguments: list[str]) -> int:
    """Write or compare. Exit 1: a picture is not what the program draws."""
    drawn = dict(pictures())
    there = {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*.*")}
    stale = [name for name, text in drawn.items() if name not in there or there[name].read_text("utf-8") != text]
    left_over = sorted(there.keys() - drawn.keys())
    if arguments == ["--check"]:
        for name in (*stale, *left_over):
            print(
                f"docs/procedures/pictures/{name} is not what the program draws: run `make pictures`.", file=sys.stderr
            )
        return 1 if stale or left_over else 0
    if arguments != ["--write"]:
        print("usage: python -m starter.diagram --check | --write", file=sys.stderr)
        return 2
    for name in left_over:
        there[name].unlink()
    for name in stale:
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_text(drawn[name], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
