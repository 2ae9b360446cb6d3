"""``shareflow case`` and ``shareflow procedure``: what is wrong is told before any engine is looked for."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from procedures.registry import PROCEDURES
from tests.cli.conftest import Run

FILE = """\
name: 甲
procedure: demand
statute: nantong-2020
request:
  requester: {code: 113206000140000015, name: 甲局}
  provider: {code: 113206000140000028, name: 乙局}
  description: 登记信息
  purpose: 核验
"""


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    """Write a case's file."""

    def write(text: str) -> Path:
        path = tmp_path / "case.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (FILE + "foo: 1\n", "line 9: foo is not a known key."),
        (FILE.replace("demand", "divorce"), "line 2: procedure must be "),
        (FILE.replace("statute: nantong-2020\n", ""), "line 1: statute is missing, and so is jurisdiction."),
        (FILE.replace("purpose:", "purpos:"), "line 8: request.purpos is not a known key"),
        (FILE.replace("procedure: demand\n", ""), "line 6: request.description is not a known key"),
        (FILE.replace("登记信息", "[a]"), "line 7: request.description must be text"),
    ],
)
def test_a_file_that_cannot_be_opened(shareflow: Run, file: Callable[[str], Path], text: str, says: str) -> None:
    path = file(text)
    assert shareflow("case", "open", path).plainly_refused().startswith(f"{path}, {says}")


@pytest.mark.parametrize(
    ("options", "says", "code"),
    [
        (["--as", "king"], "There is no role king; there are requester", 2),
        (["--as", "bureau"], "A demand is opened by requester, not by bureau.", 2),
        (["--org", ""], "--org must have at least 1 character", 2),
        (["--key", "a b"], "--key must have 1 to 64", 2),
        ([], "No engine is running here", 2),
    ],
)
def test_who_cannot_open(shareflow: Run, file: Callable[[str], Path], options: list[str], says: str, code: int) -> None:
    assert shareflow("case", "open", file(FILE), *options).plainly_refused(code).startswith(says)


def test_a_statute_that_is_not_there(shareflow: Run, file: Callable[[str], Path]) -> None:
    path = file(FILE.replace("nantong-2020", "nowhere-2020"))
    said = shareflow("case", "open", path)
    assert (said.code, said.err.partition(":")[0], said.err.count("\n")) == (1, "unknown_statute", 1)


def test_a_case_that_is_no_request_is_opened_elsewhere(shareflow: Run, file: Callable[[str], Path]) -> None:
    path = file(FILE)
    assert shareflow("request", "file", path).plainly_refused() == (
        f"{path}: is a demand; open it with shareflow case open."
    )


def test_words_that_are_none(shareflow: Run) -> None:
    assert shareflow("case", "list", "--procedure", "x").plainly_refused().startswith("There is no procedure x")
    assert shareflow("case", "list", "--stage", "x").plainly_refused().startswith("There is no stage x")
    assert shareflow("case", "show", "\udcff").plainly_refused().startswith("REQUEST_ID has half")
    assert shareflow("procedure", "show", "x").plainly_refused().startswith("There is no procedure x")


@pytest.mark.parametrize("name", PROCEDURES)
def test_a_procedure_is_told_whole(shareflow: Run, name: str) -> None:
    procedure = PROCEDURES[name]
    told = json.loads(shareflow("procedure", "show", name, "--json").out)
    assert [row["command"] for row in told["commands"]] == list(procedure.rules)
    page = shareflow("procedure", "show", name)
    assert page.code == 0, page.err
    assert all(f" {command} " in page.out for command in procedure.rules)
    assert all(f" {row['clock']} " in page.out for row in told["clocks"])
    listed = json.loads(shareflow("procedure", "list", "--json").out)
    assert told in listed
    assert [row["procedure"] for row in listed] == list(PROCEDURES)
    assert told["label"] in shareflow("procedure", "list").out
