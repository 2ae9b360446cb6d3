"""The example of the documentation, run as it stands there."""

import re
from pathlib import Path

import pytest

from tests.audit.dossiers import dossier_of, packed
from tests.audit.test_verification import CASE
from tests.house.code import ROOT


@pytest.mark.parametrize("document", ["audit.md", "audit.zh-CN.md"])
def test_a_program_checks_a_dossier(
    document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [example] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / document).read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    whole = packed(dossier_of(CASE))
    for content, said in ((whole, "holds"), (whole.replace(b"dossier.html", b"dossier.htmx"), "does not hold")):
        (tmp_path / "case.zip").write_bytes(content)
        exec(compile(example, document, "exec"), {})
        assert capsys.readouterr().out == f"{said}\n"
