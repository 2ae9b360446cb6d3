"""A further command is three Python files (words, its rule, the stage that has it) and labels; done here on a copy.

The steps are those of docs/howto/add-a-command.md: whoever demands data may ask how far the matter is.
"""

import pytest

from tests.house.copies import Copy, copy_of_the_product

PYTHON_FILES = "domain/words.py", "procedures/demand/rules.py", "procedures/demand/process.py"
WORDS, RULES, PROCESS = PYTHON_FILES
LABELS = "domain/messages/catalogue.yaml"
RULE = '''
@RULES.command(CommandName.INQUIRE, by=[Role.REQUESTER], says=Reasoned)
def inquire(decision: Decision[DemandCase], said: Reasoned) -> None:
    """询问进展: how far the matter is; it changes nothing but what stands in the ledger."""
    rules = decision.case.rules
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, rules.clause)
    decision.note(EventType.INQUIRED, rules.clause, reason=said.reason)


'''
SCENARIO = """
name: 需求申请 询问进展后告知不属于本部门
procedure: demand
statute: nantong-2020
filed_at: 2026-09-18T10:00:00+08:00
request:
  requester: {code: 113206000140000015, name: 南通市民政局}
  provider: {code: 113206000140000028, name: 南通市公安局}
  description: 流动人口居住登记信息
  purpose: 低保资格核验
steps:
  - {at: 2026-09-20T09:00:00+08:00, by: requester, do: inquire, refused: reason_required}
  - {at: 2026-09-20T09:10:00+08:00, by: provider, do: inquire, with: {reason: 代问}, refused: not_your_turn}
  - {at: 2026-09-20T09:20:00+08:00, by: requester, do: inquire, with: {reason: 业务急需}}
  - {at: 2026-09-21T09:00:00+08:00, by: provider, do: disclaim, with: {reason: 已移交}}
  - {at: 2026-09-21T10:00:00+08:00, by: requester, do: inquire, with: {reason: 再问}, refused: case_closed}
expect:
  stage: closed
  outcome: not_ours
  events: [filed, inquired, disclaimed, closed]
"""


def with_words_and_rule(copy: Copy) -> Copy:
    """The first two steps: the words with their labels, and the rule."""
    copy.change(WORDS, '    DISCLAIM = "disclaim"\n', '    DISCLAIM = "disclaim"\n    INQUIRE = "inquire"\n')
    copy.change(WORDS, '    DISCLAIMED = "disclaimed"\n', '    DISCLAIMED = "disclaimed"\n    INQUIRED = "inquired"\n')
    copy.change(LABELS, "\n  disclaimed: {", "\n  inquired: {zh: 询问进展, en: asked how far it is}\n  disclaimed: {")
    copy.change(LABELS, "\n  disclaim: {", "\n  inquire: {zh: 询问进展, en: ask how far it is}\n  disclaim: {")
    copy.change(RULES, "\n\nclass Publishing(Filed):", f"\n{RULE.rstrip()}\n\n\nclass Publishing(Filed):")
    return copy


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The product with the further command."""
    copy = with_words_and_rule(copy_of_the_product(tmp_path_factory.mktemp("command")))
    was = "                CommandName.DISCLAIM: CLOSES,\n"
    copy.change(PROCESS, was, f"{was}                CommandName.INQUIRE: STAYS,\n")
    copy.change(PROCESS, "import CLOSES, DeclaredStage", "import CLOSES, STAYS, DeclaredStage")
    return copy


def test_three_python_files_are_touched(copy: Copy) -> None:
    assert copy.python_files == sorted(PYTHON_FILES)
    assert copy.touched - set(copy.python_files) == {LABELS}


def test_a_case_is_played_with_it(copy: Copy) -> None:
    assert copy.play(SCENARIO)["outcome"] == "not_ours"


def test_every_table_of_commands_has_it(copy: Copy) -> None:
    said = copy.python(
        "from starter.coverage.code import command_places\n"
        "from procedures.registry import PROCEDURES, who_may\n"
        "from domain.words import CommandName, ProcedureName\n"
        "name, demand = CommandName('inquire'), ProcedureName.DEMAND\n"
        "print(*who_may(name, demand), *PROCEDURES[demand].rules[name].stages, command_places(demand, name)[0])\n"
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.split() == ["requester", "demand_review", f"{RULES}:inquire"]


def test_it_is_written_as_the_house_writes_and_breaks_nobody_who_calls_the_api(copy: Copy) -> None:
    assert copy.faults(at_the_gate=True) == ""


def test_a_command_that_is_open_in_no_stage_is_refused_when_the_program_starts(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    copy = with_words_and_rule(copy_of_the_product(tmp_path_factory.mktemp("halfway")))
    said = copy.python("import procedures.registry")
    assert said.returncode != 0
    assert "procedures/demand/process.py (demand): the command inquire is open in no stage" in said.stderr


def test_the_how_to_names_the_files_that_were_touched(copy: Copy) -> None:
    assert copy.untold("add-a-command.md", ("/demand/", "/NAME/")) == []
