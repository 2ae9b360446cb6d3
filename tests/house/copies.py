"""The product copied into a folder of its own, changed there as anybody would change it, and run from there."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.forms import WHOLE
from tests.house.code import ROOT, packages

ON_PAPER = """
import json, sys
from pathlib import Path
sys.path.append(sys.argv[1])
from embedded.simulate.report import as_json, mismatches
from starter.scenarios import read_scenario
from tests.pure_play import play_purely
plays = [play_purely(read_scenario(Path(path))).played for path in sys.argv[2:]]
print(json.dumps([as_json(play, mismatches(play)) for play in plays]))
"""
"""What a copy runs to play scenarios in pure Python; only the tests are the original's."""


@dataclass
class Copy:
    """A copy of the product, and which of its files were written or changed."""

    folder: Path
    touched: set[str] = field(default_factory=set)

    @property
    def python_files(self) -> Sequence[str]:
        """The Python files that were written or changed by hand."""
        return sorted(name for name in self.touched if name.endswith(".py"))

    def write(self, name: str, text: str) -> None:
        """A new file."""
        path = self.folder / name
        assert not path.exists(), name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.touched.add(name)

    def change(self, name: str, was: str, becomes: str) -> None:
        """Change the one place of a file that says this."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(was) == 1, f"{name}: {was!r} stands there {text.count(was)} times"
        path.write_text(text.replace(was, becomes), encoding="utf-8")
        self.touched.add(name)

    def read(self, name: str) -> str:
        """What a file says."""
        return (self.folder / name).read_text(encoding="utf-8")

    def python(self, program: str) -> "subprocess.CompletedProcess[str]":
        """Run a few lines of Python that import the copy and nothing of the original."""
        return self._run("-c", program)

    def shareflow(self, *words: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run the copy's command line."""
        return self._run("-c", "from cli import main; main()", *words)

    def play(self, scenario: str, really: bool = WHOLE) -> Mapping[str, Any]:
        """Play a scenario under the copy: what is told of it, where it went as it says."""
        (told,) = self.play_all(scenario, really=really)
        return told

    def play_all(self, *scenarios: str, really: bool = WHOLE) -> Sequence[Mapping[str, Any]]:
        """Play several, one after another on one server, or all on paper: what is told of each."""
        paths = [self.folder / f"scenario-{number}.yaml" for number, _ in enumerate(scenarios)]
        for path, text in zip(paths, scenarios, strict=True):
            path.write_text(text, encoding="utf-8")
        played = self.shareflow("simulate", *paths, "--json") if really else self._run("-c", ON_PAPER, ROOT, *paths)
        assert played.returncode == 0, played.stdout + played.stderr
        told: list[dict[str, Any]] = json.loads(played.stdout)
        assert [said["mismatches"] for said in told] == [[]] * len(scenarios)
        return told

    def draw(self, procedure: str) -> str:
        """The picture of a procedure under one text, as the copy draws it."""
        drawn = self.shareflow("procedure", "diagram", procedure, "--statute", "nantong-2020", "-o", "drawn.svg")
        assert drawn.returncode == 0, drawn.stderr
        return self.read("drawn.svg")

    def untold(self, how_to: str, *called: tuple[str, str]) -> Sequence[str]:
        """The touched files that a how-to does not name; ``called``: parts of a name, and what it calls them."""
        said, untold = (ROOT / "docs/howto" / how_to).read_text(encoding="utf-8"), []
        for name in sorted(self.touched):
            told = name
            for was, becomes in called:
                told = told.replace(was, becomes)
            untold += [] if f"`{told}`" in said else [name]
        return untold

    def faults(self, at_the_gate: bool = WHOLE) -> str:
        """What the house's style, and the gate of the API, say of the copy; empty where they let it pass."""
        return self.style_faults() + (self.breaks_for_callers() if at_the_gate else "")

    def style_faults(self) -> str:
        """What ruff says of the Python files that were touched, by the rules of the house; empty: nothing."""
        rules = ("--config", ROOT / "pyproject.toml")
        style = self._run("-m", "ruff", "check", "--quiet", *rules, *self.python_files)
        layout = self._run("-m", "ruff", "format", "--diff", "--quiet", *rules, *self.python_files)
        return style.stdout + style.stderr + layout.stdout + layout.stderr

    def breaks_for_callers(self) -> str:
        """What the gate before the committed description of the API says of the copy's; empty where it lets it pass."""
        said = self.python(
            "import json\n"
            "from api.app import openapi_document\n"
            "from api.contract.operations import breaking_changes\n"
            f"committed = json.load(open({str(ROOT / 'docs/api/openapi.json')!r}, encoding='utf-8'))\n"
            "document = openapi_document()\n"
            "assert document != committed\n"
            "print(*breaking_changes(committed, document), sep='\\n')\n"
        )
        assert said.returncode == 0, said.stderr
        return said.stdout.strip()

    def _run(self, *words: str | Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=_without_settings() | {"PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )


def copy_of_the_product(folder: Path) -> Copy:
    """All packages, with what Python has compiled of them: it compiles anew what is changed, and that alone."""
    for package in packages():
        shutil.copytree(ROOT / package, folder / package)
    return Copy(folder)


def _without_settings() -> dict[str, str]:
    """The environment without what somebody has set for the product itself: a copy has settings of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SHAREFLOW_")}
