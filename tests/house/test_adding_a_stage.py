"""A further stage is three Python files (word, declaration, the rule that leads there) and a label; done on a copy.

The steps are those of docs/howto/add-a-stage.md: whoever undertakes to publish a resource enters it in the catalogue
before it is published (编目).
"""

import pytest

from domain.words import Stage
from procedures.registry import PROCEDURES
from tests.house.copies import Copy, copy_of_the_product

PYTHON_FILES = "domain/words.py", "procedures/demand/rules.py", "procedures/demand/process.py"
WORDS, RULES, PROCESS = PYTHON_FILES
LABELS = "domain/messages/catalogue.yaml"
WORD = '    PUBLICATION = "publication"  # 待发布\n'
MOVES = "    decision.stage = Stage.PUBLICATION\n"
LEADS = """    entered = decision.stage is Stage.CATALOGUING
    decision.stage = Stage.PUBLICATION if entered else Stage.CATALOGUING
"""
WAY = "                CommandName.UNDERTAKE: (Stage.PUBLICATION,),\n"
DECLARED = """        DeclaredStage(
            Stage.CATALOGUING,
            "编目: the provider enters the resource in the catalogue",
            waits_for=(Role.PROVIDER,),
            limits=(ClockId.DEMAND_PUBLICATION,),
            also_starts=(ClockId.DEMAND_FEEDBACK,),
            commands={
                CommandName.UNDERTAKE: (Stage.PUBLICATION,),
                CommandName.REPORT_IMPOSSIBLE: CLOSES,
                **WITHDRAWN_OR_SUPERVISED,
            },
        ),
"""
NEXT = "        DeclaredStage(\n            Stage.PUBLICATION,\n"
SCENARIO = """
name: 需求申请 先编目后发布
procedure: demand
statute: nantong-2020
filed_at: 2026-09-01T10:00:00+08:00
request:
  requester: {code: 113206000140000015, name: 南通市民政局}
  provider: {code: 113206000140000028, name: 南通市公安局}
  description: 流动人口居住登记信息
  purpose: 低保资格核验
steps:
  - {at: 2026-09-02T09:00:00+08:00, by: provider, do: undertake}
  - {at: 2026-09-02T10:00:00+08:00, by: provider, do: disclaim, with: {reason: 不属于本局}, refused: wrong_stage}
  - {at: 2026-09-03T09:00:00+08:00, by: bureau, do: undertake, refused: not_your_turn}
%s
expect:
  stage: %s
  outcome: null
  clocks:
    - {id: demand_feedback, state: met}
    - {id: demand_publication, due_date: 2026-10-08, state: running}
"""
UNDERTAKEN_AGAIN = "  - {at: 2026-09-04T09:00:00+08:00, by: provider, do: undertake}"


def with_word_and_rule(copy: Copy) -> Copy:
    """The word with its label, and the rule that leads there."""
    copy.change(WORDS, WORD, f'    CATALOGUING = "cataloguing"  # 编目\n{WORD}')
    copy.change(LABELS, "\n  publication: {", "\n  cataloguing: {zh: 编目, en: cataloguing}\n  publication: {")
    copy.change(RULES, MOVES, LEADS)
    return copy


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The product with the further stage."""
    copy = with_word_and_rule(copy_of_the_product(tmp_path_factory.mktemp("stage")))
    copy.change(PROCESS, WAY, WAY.replace("PUBLICATION", "CATALOGUING"))
    copy.change(PROCESS, NEXT, DECLARED + NEXT)
    return copy


def test_three_python_files_are_touched(copy: Copy) -> None:
    assert copy.python_files == sorted(PYTHON_FILES)
    assert copy.touched - set(copy.python_files) == {LABELS}


@pytest.mark.long
def test_a_case_comes_to_it_and_goes_on(copy: Copy) -> None:
    comes, goes_on = SCENARIO % ("", "cataloguing"), SCENARIO % (UNDERTAKEN_AGAIN, "publication")
    assert [told["outcome"] for told in copy.play_all(comes, goes_on)] == [None, None]


def test_the_picture_and_every_table_of_stages_have_it(copy: Copy) -> None:
    assert "编目" in copy.draw("demand")
    said = copy.python(
        "from domain.statutes.loader import get_statute\n"
        "from domain.words import ProcedureName, Stage\n"
        "from procedures.registry import PROCEDURES\n"
        "process = PROCEDURES[ProcedureName.DEMAND].process\n"
        "print(*process.open_stages, *process.assignees(Stage('cataloguing'), get_statute('nantong-2020')))\n"
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.split() == ["demand_review", "cataloguing", "publication", "published", "provider"]


@pytest.mark.long
def test_it_is_written_as_the_house_writes_and_breaks_nobody_who_calls_the_api(copy: Copy) -> None:
    assert copy.faults() == ""


def test_a_stage_that_nothing_leads_to_is_refused_when_the_program_starts(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    copy = with_word_and_rule(copy_of_the_product(tmp_path_factory.mktemp("halfway")))
    copy.change(PROCESS, NEXT, DECLARED + NEXT)
    said = copy.python("import procedures.registry")
    assert said.returncode != 0
    assert "procedures/demand/process.py (demand): nothing leads to the stage cataloguing." in said.stderr


def test_a_rule_that_leads_to_a_stage_that_is_not_declared_is_refused_before_anything_is_recorded(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    copy = with_word_and_rule(copy_of_the_product(tmp_path_factory.mktemp("undeclared")))
    path = copy.folder / "undeclared.yaml"
    path.write_text(SCENARIO % ("", "cataloguing"), encoding="utf-8")
    played = copy.shareflow("simulate", path)
    assert played.returncode != 0
    assert "undertake leads from demand_review to cataloguing, which is not declared" in played.stdout + played.stderr


def test_the_how_to_names_the_files_that_were_touched(copy: Copy) -> None:
    assert copy.untold("add-a-stage.md", ("/demand/", "/NAME/")) == []


def test_the_product_itself_has_no_such_stage() -> None:
    """Otherwise nothing would be shown here."""
    assert "cataloguing" not in set(Stage)
    assert all("cataloguing" not in procedure.process.open_stages for procedure in PROCEDURES.values())
