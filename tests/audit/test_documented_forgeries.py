"""The forgeries that the documents tell one to make: each is made as it says, and found out as it says."""

import re
import runpy
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from audit.dossier.packing import read_dossier
from audit.verification.verify import Trusted, verify
from domain.log.keys import read_public_keys
from domain.messages import words
from tests.audit.dossiers import dossier_of
from tests.audit.test_in_chinese import english_in
from tests.house.code import ROOT

ROW = re.compile(r"^\| `(\w+)` \| [^|`]+ \| `([^`|]+)` \| `([^`|]+)` \|$", re.MULTILINE)
KEPT = ROOT / "tests/audit/golden/0.2.0"
VALUES = re.compile(
    r"pip install \"[^\"]*\"|\{.*?\}|\"[^\"]*\"|'[^']*'|[0-9a-f]{64}|shareflow/golden|(?<=台账的 )\w+|due_date"
    r"|(?<=决定不同：).*"
)
"""What stands in a dossier, or is the SDK's, and is carried over."""
NEEDS_MORE = {"timestamp"}
"""What no kept dossier has."""


class Forgery(NamedTuple):
    """A check, what is changed, and what it says then."""

    check: str
    changed: str
    told: str


def forgeries(document: str) -> list[Forgery]:
    return [Forgery(*row) for row in ROW.findall((ROOT / "docs" / document).read_text("utf-8"))]


@pytest.fixture(scope="module")
def forge() -> Callable[[list[str]], None]:
    """The program of the documents."""
    made: Callable[[list[str]], None] = runpy.run_path(str(ROOT / "docs/examples/forge.py"))["main"]
    return made


def test_every_check_has_its_forgery_in_both_languages() -> None:
    checks = {each.check for each in verify(dossier_of("nantong-2020.refused-late-then-impasse"))}
    assert {each.check for each in forgeries("audit.md")} == checks - NEEDS_MORE
    assert forgeries("audit.zh-CN.md") == forgeries("audit.md")
    assert words("audit_check").keys() == checks  # and its name, on the page and in the last lines of the command


def test_a_text_may_have_ends_of_lines_of_its_own(forge: Callable[[list[str]], None], tmp_path: Path) -> None:
    odd = f"{tmp_path}/odd.zip"
    how = ["--chain", str(KEPT / "share_request.zip"), odd, "events.jsonl"]
    forge([*how, '"working_days":10', '"working_days":"\u2028\x85"'])
    found = {each.check: each.result for each in verify(read_dossier(Path(odd)))}
    assert (found["chain"], found["ledger"]) == ("ok", "FAIL")


@pytest.mark.parametrize("forgery", forgeries("audit.md"), ids=lambda forgery: forgery.check)
def test_it_is_found_out(forgery: Forgery, forge: Callable[[list[str]], None], tmp_path: Path) -> None:
    *how, file, old, new = shlex.split(forgery.changed)
    forge([*how, str(KEPT / "share_request.zip"), str(tmp_path / "forged.zip"), file, old, new])
    keys = read_public_keys((KEPT / "log.pub").read_text("utf-8"))
    trusted = Trusted(keys, (KEPT / "checkpoint").read_text("utf-8"))
    results = verify(read_dossier(tmp_path / "forged.zip"), trusted)
    [found] = [each for each in results if each.check == forgery.check]
    assert (found.result, found.detail[: len(forgery.told)]) == ("FAIL", forgery.told)
    chinese = {each.check: english_in(VALUES.sub("", each.said("zh"))) for each in results if each.result != "ok"}
    assert {check: left for check, left in chinese.items() if left} == {}
