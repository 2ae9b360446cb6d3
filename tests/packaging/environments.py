"""The wheel as users get it, and empty environments that it is installed into with pip as it is configured here."""

import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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

    def install(self, *what: str | Path, constraints: Path) -> None:
        """Install with this environment's pip twin: the versions are the locked ones, so that pip's cache has them."""
        pip = [sys.executable, "-m", "pip", "--python", self.programs / "python", "install", "--quiet", "--no-compile"]
        done = subprocess.run(
            [*pip, "--disable-pip-version-check", "--constraint", constraints, *what],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


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
