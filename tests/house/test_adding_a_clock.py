"""A further clock is two Python files (its declaration, the stage that has it) and data; done here on a copy.

The steps are those of docs/howto/add-a-clock.md: a department that is asked for data has three working days to look at
the demand (初核), whatever comes of that.
"""

import shutil
import subprocess

import pytest

from domain.clocks import ClockId
from tests.house.code import ROOT
from tests.house.copies import Copy, copy_of_the_product

CLOCKS, PROCESS = PYTHON_FILES = "domain/clocks.py", "procedures/demand/process.py"
LABELS, POLICY = "domain/messages/catalogue.yaml", "domain/data/policy.yaml"
NEXT = '    DEMAND_PUBLICATION = ClockDeclaration(\n        "demand_publication",\n'
DECLARED = '    FIRST_LOOK = ClockDeclaration("first_look", "How long a first look at a demand may take.", _POLICY)\n'
STAGE = "            limits=(ClockId.DEMAND_FEEDBACK, ClockId.DEMAND_PUBLICATION),\n"
ON_ENTRY = "            on_entry={ClockId.FIRST_LOOK: (CommandName.DISCLAIM, CommandName.UNDERTAKE)},\n"
NUMBER = "  follow_up_window: {amount: 30, unit: working_day}"
LABEL = "\n  follow_up_window: {"

PLAYED = """
from datetime import datetime, timedelta
from domain.calendar import CHINA
from domain.clocks import ClockId
from domain.engine.commands import Command
from domain.engine.records import Actor
from domain.messages import label
from domain.policy import default_policy
from domain.statutes.loader import get_statute
from domain.words import CommandName, ProcedureName, Role
from machine import MONDAY, ORGS, PaperCase
from procedures.registry import PROCEDURES

demand = PROCEDURES[ProcedureName.DEMAND]
CLOCK, GIVEN_BY = ClockId("first_look"), {"withdraw": Role.REQUESTER}

def filed():
    matter = demand.matter.model_validate({
        "requester": {"code": ORGS[Role.REQUESTER], "name": "南通市民政局"},
        "provider": {"code": ORGS[Role.PROVIDER], "name": "南通市公安局"},
        "description": "流动人口居住登记信息", "purpose": "低保资格核验"})
    case = demand.new_case("X-1", get_statute("nantong-2020"), default_policy(), matter)
    return PaperCase(demand, case, Actor(role=Role.REQUESTER, org=ORGS[Role.REQUESTER]), MONDAY)

def given(paper, name, at):
    role = GIVEN_BY.get(name, Role.PROVIDER)
    actor = Actor(role=role, org=ORGS[role])
    fields = {} if name == "undertake" else {"reason": "已核"}
    return paper.obey(Command(name=CommandName(name), actor=actor, fields=fields, key=name), at)

def said(paper):
    clock = paper.clock(CLOCK)
    return f"{clock.basis} {clock.due_date} {clock.state}"

silent = filed()
print(label("clock", CLOCK, "zh"), said(silent))
missed = [*silent.lapse(CLOCK), *silent.wait(timedelta(days=7))]
print(said(silent), *(event.type for event in missed if event.type == "urged"))
given(silent, "undertake", silent.now)
print(said(silent), silent.case.stage)
for name in ("undertake", "disclaim", "withdraw"):
    paper = filed()
    events = [event.type.value for event in given(paper, name, MONDAY + timedelta(days=1))]
    print(name, said(paper), events[1])
"""


def played(copy: Copy) -> "subprocess.CompletedProcess[str]":
    """Cases on paper, by the pure rules of the copy."""
    shutil.copy(ROOT / "tests/domain/engine/machine.py", copy.folder)
    return copy.python(PLAYED)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The product with the further clock."""
    copy = copy_of_the_product(tmp_path_factory.mktemp("clock"))
    copy.change(CLOCKS, NEXT, DECLARED + NEXT)
    copy.change(PROCESS, STAGE, ON_ENTRY + STAGE)
    copy.change(POLICY, NUMBER, f"  first_look: {{amount: 3, unit: working_day}}\n{NUMBER}")
    copy.change(LABELS, LABEL, f"\n  first_look: {{zh: 初核时限, en: first look}}{LABEL}")
    return copy


def test_two_python_files_are_touched(copy: Copy) -> None:
    assert copy.python_files == sorted(PYTHON_FILES)
    assert copy.touched - set(copy.python_files) == {LABELS, POLICY}


def test_it_runs_is_missed_climbs_the_ladder_and_is_met(copy: Copy) -> None:
    said = played(copy)
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines() == [
        "初核时限 policy 2026-03-05 running",
        "policy 2026-03-05 breached urged urged urged",
        "policy 2026-03-05 met_late publication",
        "undertake policy 2026-03-05 met clock_met",
        "disclaim policy 2026-03-05 met clock_met",
        "withdraw policy 2026-03-05 cancelled clock_cancelled",
    ]


def test_the_picture_and_a_policy_from_before_have_it(copy: Copy) -> None:
    assert "初核时限" in copy.draw("demand")
    said = copy.python(
        "from domain.clocks import ClockId\n"
        "from domain.policy import default_policy, policy_from\n"
        "own = default_policy().model_dump()\n"
        "own['limits'] = {name: it for name, it in own['limits'].items() if name != 'first_look'}\n"
        "print(policy_from(own).limit(ClockId('first_look')).amount)\n"
    )
    assert said.stdout.split() == ["3"], said.stderr


def test_a_clause_that_sets_it_leads_to_the_stage(copy: Copy) -> None:
    said = copy.python(
        "from starter.coverage.code import carriers\n"
        "from starter.coverage.table import Row\n"
        "act = {'demand': ['undertake']}\n"
        "row = Row(article='27', category='TIME', quote='三个工作日内初核', act=act, clock=['first_look'])\n"
        "found = [x for x in carriers('nantong-2020', row) if x.what == 'first_look']\n"
        "print(*(place for carrier in found for place in carrier.places))\n"
    )
    assert said.stdout.split() == ["procedures/demand/process.py:PROCESS"], said.stderr


@pytest.mark.long
def test_it_is_written_as_the_house_writes_and_breaks_nobody_who_calls_the_api(copy: Copy) -> None:
    assert copy.faults() == ""


@pytest.mark.parametrize(
    ("changes", "program", "said"),
    [
        (
            [(CLOCKS, NEXT, f'    FIRST_LOOK = "first_look"\n{NEXT}')],
            "import domain.clocks",
            "domain/clocks.py: the clock first_look has no declaration",
        ),
        (
            [(CLOCKS, NEXT, DECLARED.replace('"first_look"', '"delivery"') + NEXT)],
            "import domain.clocks",
            "FIRST_LOOK -> DELIVERY",
        ),
        (
            [(CLOCKS, NEXT, DECLARED + NEXT), (PROCESS, STAGE, ON_ENTRY + STAGE)],
            "from domain.policy import default_policy; default_policy()",
            "domain/data/policy.yaml: limits must name the policy clocks; check first_look",
        ),
        (
            [(CLOCKS, NEXT, DECLARED + NEXT)],
            "import procedures.registry",
            "domain/clocks.py: the clock first_look is measured in no stage of any procedure",
        ),
        (
            [(CLOCKS, NEXT, DECLARED + NEXT), (PROCESS, STAGE, ON_ENTRY.replace("DISCLAIM", "FILE_REQUEST") + STAGE)],
            "import procedures.registry",
            "procedures/demand/process.py (demand): demand_review says that file_request meets first_look",
        ),
        ([(PROCESS, STAGE, ON_ENTRY + STAGE)], "import procedures.registry", "procedures/demand/process.py"),
    ],
)
def test_half_a_clock_is_refused_when_the_program_starts(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str, str]], program: str, said: str
) -> None:
    copy = copy_of_the_product(tmp_path_factory.mktemp("halfway"))
    for change in changes:
        copy.change(*change)
    answered = copy.python(program)
    assert answered.returncode != 0
    assert said in answered.stderr


def test_the_how_to_names_the_files_that_were_touched(copy: Copy) -> None:
    assert copy.untold("add-a-clock.md", ("/demand/", "/NAME/")) == []


def test_the_product_itself_has_no_such_clock() -> None:
    """Otherwise nothing would be shown here."""
    assert "first_look" not in set(ClockId)
