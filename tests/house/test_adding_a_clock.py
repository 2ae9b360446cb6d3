"""A further clock is two Python files (a word, a row) and data; done here on a copy of the domain, as anybody would."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WORD = ('    DUTY = "duty"\n\n\nclass ClockState', '    DUTY = "duty"\n    AUDIT = "audit"\n\n\nclass ClockState')
ROW = (
    "\n    )\n)\n",
    '\n        ClockDeclaration(ClockId.AUDIT, "How long an audit may take.", NumberFrom.POLICY),\n    )\n)\n',
)
POLICY = ("\nwarnings:", "  audit: {amount: 7, unit: working_day}\n\nwarnings:")
LABEL = ("\nclock_state:", "  audit: {zh: 审计时限, en: audit}\n\nclock_state:")

USED = """
from domain.clocks import is_duty, reminds_on_the_last_day
from domain.messages import label
from domain.policy import default_policy, policy_from
from domain.clocks import ClockId

clock = ClockId("audit")
own = policy_from({**default_policy().model_dump(), "limits": {
    name: limit.model_dump() for name, limit in default_policy().limits.items() if name is not clock
}})
assert own.limit(clock).amount == 7, "a file from before is completed"
print(label("clock", clock, "zh"), default_policy().limit(clock).amount, is_duty(clock), reminds_on_the_last_day(clock))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The domain alone, in a folder of its own."""
    shutil.copytree(ROOT / "domain", tmp_path / "domain", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def change(file: Path, part: tuple[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(part[0]) == 1, file.name
    file.write_text(text.replace(*part), encoding="utf-8")


def run(copy: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=False)


def test_a_word_a_row_and_data_are_all(copy: Path) -> None:
    change(copy / "domain/words.py", WORD)
    change(copy / "domain/clocks.py", ROW)
    change(copy / "domain/data/policy.yaml", POLICY)
    change(copy / "domain/messages/catalogue.yaml", LABEL)
    said = run(copy, USED)
    assert said.returncode == 0, said.stderr
    assert said.stdout.split() == ["审计时限", "7", "True", "False"]


def test_a_clock_without_a_row_is_refused_at_the_start_with_file_and_name(copy: Path) -> None:
    change(copy / "domain/words.py", WORD)
    said = run(copy, "import domain.engine.decision")
    assert said.returncode != 0
    assert "domain/clocks.py: the clock audit has no row" in said.stderr


def test_a_clock_of_policy_without_a_number_is_refused_with_file_and_name(copy: Path) -> None:
    change(copy / "domain/words.py", WORD)
    change(copy / "domain/clocks.py", ROW)
    said = run(copy, "from domain.policy import default_policy; default_policy()")
    assert said.returncode != 0
    assert "domain/data/policy.yaml: limits must name the policy clocks; check audit" in said.stderr
