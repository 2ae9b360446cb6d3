"""The wheel as users get it, and empty environments that it is installed into.

In the whole form pip brings all that the wheel asks for, as it is configured here. In the short form pip installs the
wheel alone; what its metadata ask for, and what that asks for in turn, and nothing else, is linked from the environment
that runs the tests.
"""

import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement

from tests.forms import WHOLE

ROOT = Path(__file__).parents[2]
LEFT_BEHIND = shutil.ignore_patterns(".*", "__pycache__", "tests", "bench", "docs", "build", "*.egg-info")
LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[.*\])?==(?P<version>[^ ;\\]+)(?P<marker> *;[^\\]*)?", re.MULTILINE)

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Environment:
    """A virtual environment in a folder of its own; what runs in it sees nothing of this repository."""

    folder: Path

    @property
    def programs(self) -> Path:
        """Where its programs are."""
        return self.folder / "bin"

    def run(self, *words: str | Path, timeout: float = 120) -> Done:
        """Run a program of this environment in its folder."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment["PATH"] = f"{self.programs}{os.pathsep}{environment.get('PATH', '')}"
        return subprocess.run(
            [self.programs / words[0], *words[1:]],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def python(self, program: str, *words: str) -> Done:
        """Run a few lines of Python in it."""
        return self.run("python", "-c", program, *words)

    def install(self, wheel: Path, extra: str = "", *, constraints: Path) -> None:
        """The wheel with one of its extras: the versions are the locked ones."""
        if WHOLE:
            self._pip(f"{wheel}[{extra}]" if extra else wheel, "--constraint", constraints)
            return
        self._pip(wheel, "--no-deps")
        (installed_alone,) = distributions(path=[str(self._packages)])
        self._link(asked_for(installed_alone.requires or (), {extra}))

    def add(self, name: str, *, constraints: Path) -> None:
        """A distribution that is not ours, in its locked version."""
        if WHOLE:
            self._pip(name, "--constraint", constraints)
            return
        self._link(asked_for([name]))

    @property
    def _packages(self) -> Path:
        (found,) = self.folder.glob("lib/python*/site-packages")
        return found

    def _pip(self, *words: str | Path) -> None:
        """Install with this environment's pip twin, whose cache has the locked versions."""
        pip = [sys.executable, "-m", "pip", "--python", self.programs / "python", "install", "--quiet", "--no-compile"]
        done = subprocess.run(
            [*pip, "--disable-pip-version-check", *words], capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _link(self, wanted: Iterable[Distribution]) -> None:
        """The files of distributions that are installed here, but no program that would run this Python."""
        for file in (file for each in wanted for file in each.files or ()):
            there = Path(os.path.normpath(self._packages / file))
            here = Path(str(file.locate())).resolve()
            if there.exists() or not here.exists() or (there.parent == self.programs and _is_script(here)):
                continue
            there.parent.mkdir(parents=True, exist_ok=True)
            there.symlink_to(here)


def _is_script(program: Path) -> bool:
    with program.open("rb") as opened:
        return opened.read(2) == b"#!"


def asked_for(requirements: Iterable[str], extras: Iterable[str] = ("",)) -> Iterator[Distribution]:
    """What requirements ask for, under any of the extras and in turn, of what is installed here; each once."""
    left, seen = [*_applying(requirements, extras)], set()
    while left:
        wanted = left.pop()
        if str(wanted) not in seen:
            seen.add(str(wanted))
            found = distribution(wanted.name)
            assert wanted.specifier.contains(found.version), f"{found.name} {found.version} is here, not {wanted}"
            yield found
            left += _applying(found.requires or (), {"", *wanted.extras})


def _applying(requirements: Iterable[str], extras: Iterable[str]) -> Iterator[Requirement]:
    for each in map(Requirement, requirements):
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras):
            yield each


def empty_environment(folder: Path) -> Environment:
    """An environment with the standard library alone, pip not even."""
    venv.create(folder, with_pip=False, symlinks=True)
    return Environment(folder)


def wheel_of_this_repository(into: Path) -> Path:
    """The wheel, built from a copy so that nothing of the build is left here."""
    source = into / "source"
    shutil.copytree(ROOT, source, ignore=LEFT_BEHIND)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*build, "--no-build-isolation", "--wheel-dir", into, source],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = into.glob("shareflow-*.whl")
    return wheel


def locked_versions(into: Path) -> Path:
    """requirements.lock as constraints: the versions without the hashes, which would be asked of our own wheel too."""
    locked = LOCKED.finditer((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    lines = [f"{found['name']}=={found['version']}{found['marker'] or ''}".strip() for found in locked]
    path = into / "constraints.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def installed(environment: Environment) -> Sequence[str]:
    """What is installed there, by name, in lower case."""
    asked = "import importlib.metadata as m; print(*(d.metadata['Name'].lower() for d in m.distributions()))"
    return environment.python(asked).stdout.split()
