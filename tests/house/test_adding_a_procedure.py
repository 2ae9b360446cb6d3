"""A ninth procedure is seven Python files, labels and a section of a text; done here on a copy and played.

The steps are those of docs/howto/add-a-procedure.md.
"""

import pytest

from tests.house.copies import Copy, copy_of_the_product
from tests.house.ninth_procedure import FOLDER, add_it

PYTHON_FILES = 7
SCENARIO = """
name: 业务咨询 答复
procedure: consultation
statute: nantong-2020
filed_at: 2026-09-18T10:00:00+08:00
request:
  requester: {code: 113206000140000015, name: 南通市民政局}
  provider: {code: 113206000140000028, name: 南通市公安局}
  question: 户籍状态各代码的含义
steps:
  - {at: 2026-09-20T09:10:00+08:00, by: bureau, do: advise, with: {answer: 代答}, refused: not_your_turn}
  - {at: 2026-09-20T09:20:00+08:00, by: provider, do: disclaim, with: {reason: 无关}, refused: wrong_procedure}
  - {at: 2026-09-20T09:30:00+08:00, by: provider, do: advise, with: {answer: 见代码表}}
expect:
  stage: closed
  outcome: granted
  events: [filed, advised, closed]
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The product with the ninth procedure."""
    return add_it(copy_of_the_product(tmp_path_factory.mktemp("ninth")))


def test_so_many_python_files_are_touched(copy: Copy) -> None:
    assert len(copy.python_files) == PYTHON_FILES
    assert f"{FOLDER}/process.py" in copy.python_files


def test_a_case_is_played_by_it(copy: Copy) -> None:
    assert copy.play(SCENARIO, really=True)["outcome"] == "granted"


def test_its_picture_and_its_page_are_made_from_the_declaration(copy: Copy) -> None:
    assert "待答复咨询" in copy.draw("consultation")
    checked = copy.shareflow("statute", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.long
def test_it_is_written_as_the_house_writes_and_breaks_nobody_who_calls_the_api(copy: Copy) -> None:
    assert copy.faults() == ""


def test_a_stage_that_is_not_declared_is_refused_when_the_program_starts(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    copy = add_it(copy_of_the_product(tmp_path_factory.mktemp("undeclared")), leads_to="(Stage.DELIVERY,)")
    said = copy.python("import procedures.registry")
    assert said.returncode != 0
    wrong = "procedures/consultation/process.py (consultation): the stage delivery is not declared.\n"
    assert said.stderr.endswith(wrong)
    told = copy.shareflow("procedure", "diagram", "demand", "--statute", "nantong-2020")
    assert (told.returncode, told.stdout, told.stderr) == (2, "", wrong)


def test_the_how_to_names_the_files_that_were_touched(copy: Copy) -> None:
    assert copy.untold("add-a-procedure.md", ("/consultation/", "/NAME/"), ("nantong-2020", "ID")) == []
