"""From an article to the code in two steps: each function that the table of clauses names is there, and is the one."""

import inspect
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

from domain.words import CommandName, ProcedureName
from procedures.registry import PROCEDURES
from starter.coverage.check import own_statutes
from starter.coverage.code import Carrier, Place, carriers, command_places, place_of
from starter.coverage.standing import coverage_of

ROOT = Path(__file__).parents[1]
NEGOTIATION = "procedures/data_correction/negotiation.py"
READ_BY_PAGES = ("classes", "regulations")
"""Parts of a statute that no rule reads: words for people, and the titles of what is cited."""


def of_statute(statute_id: str) -> list[tuple[str, Carrier]]:
    """What each row of a table names, with the row's article."""
    return [(x.row.article, carrier) for x in coverage_of(statute_id) for carrier in carriers(x.statute, x.row)]


def found(place: Place) -> Any:
    """What stands there; of a function made within another, its code. Raises what importing it raises."""
    value: Any = import_module(place.file.removesuffix(".py").replace("/", "."))
    for name in place.function.split("."):
        if isinstance(value, FunctionType | CodeType):
            value = made_within(value, name)
        else:
            value = vars(value)[name] if inspect.isclass(value) else getattr(value, name)
    return value


def made_within(outer: FunctionType | CodeType, name: str) -> CodeType:
    """The code of a function that another makes."""
    code = outer.__code__ if isinstance(outer, FunctionType) else outer
    (made,) = (each for each in code.co_consts if isinstance(each, CodeType) and each.co_name == name)
    return made


@pytest.mark.parametrize("statute_id", own_statutes())
def test_every_function_is_there(statute_id: str) -> None:
    for _, carrier in of_statute(statute_id):
        for place in carrier.places:
            assert (ROOT / place.file).is_file(), place
            assert callable(found(place)) or isinstance(found(place), property | CodeType), place


@pytest.mark.parametrize("statute_id", own_statutes())
def test_whatever_is_named_is_somewhere_in_the_code(statute_id: str) -> None:
    nowhere = {carrier.what for _, carrier in of_statute(statute_id) if not carrier.places}
    assert {what for what in nowhere if not what.rpartition(":")[2].startswith(READ_BY_PAGES)} == set()


@pytest.mark.parametrize("statute_id", own_statutes())
def test_every_rule_names_its_entry_in_a_statute_file(statute_id: str) -> None:
    entries = [carrier.entry for _, carrier in of_statute(statute_id) if carrier.entry]
    assert entries
    for entry in entries:
        file, _, path = entry.partition(":")
        assert (ROOT / file).is_file(), entry
        assert path, entry


@pytest.mark.parametrize("procedure", ProcedureName)
def test_the_first_function_of_a_command_is_the_one_that_is_called(procedure: ProcedureName) -> None:
    for name, rule in PROCEDURES[procedure].rules.items():
        first = command_places(procedure, name)[0]
        called = inspect.getsourcefile(rule.rule)
        assert called is not None
        assert Path(called) == ROOT / first.file
        start = inspect.getsourcelines(found(first))[1]
        assert start <= rule.rule.__code__.co_firstlineno < start + len(inspect.getsourcelines(found(first))[0]), name


@pytest.mark.parametrize(
    ("statute_id", "article", "what", "place"),
    [
        ("nantong-2020", "27", "propose", "procedures/share_request/dispute.py:propose"),
        ("nantong-2020", "21", "accept", "procedures/share_request/provider_answer.py:accept"),
        ("nantong-2020", "21", "limits[completeness_check]", "procedures/share_request/filing.py:begin"),
        ("nantong-2020", "24", "demand.clause", "procedures/demand/rules.py:begin"),
        ("nantong-2020", "27", "declare_impasse", "procedures/share_request/dispute.py:declare_impasse"),
        ("nantong-2020", "27", "declare_impasse", f"{NEGOTIATION}:may_fail_at_the_table.declare_impasse"),
        ("nantong-2020", "27", "correction.negotiate", "procedures/data_correction/rules.py:dispute_explanation"),
        ("nantong-2020", "27", "correction.negotiate", f"{NEGOTIATION}:negotiate"),
        ("nantong-2020", "27", "correction.negotiate", f"{NEGOTIATION}:_table"),
        ("nantong-2020", "27", "correction.negotiate", f"{NEGOTIATION}:may_fail_at_the_table.declare_impasse"),
        ("cn-809-2025", "28", "access.dispute", "procedures/access_grant/case.py:GrantCase.dispute_clause"),
    ],
)
def test_some_that_people_ask_for(statute_id: str, article: str, what: str, place: str) -> None:
    named = {str(x) for number, carrier in of_statute(statute_id) for x in carrier.places if carrier.what == what}
    here = {number for number, carrier in of_statute(statute_id) if carrier.what == what}
    assert place in named
    assert article in {number.partition("¶")[0] for number in here}


def test_a_function_made_within_another_has_the_names_of_both() -> None:
    rule = PROCEDURES[ProcedureName.SHARE_REQUEST].rules[CommandName.CONCLUDE_COORDINATION].rule
    assert str(place_of(rule)) == "procedures/common/instances.py:may_be_coordinated.conclude_coordination"


def test_who_reads_a_part_but_is_not_on_the_way_of_the_rows_acts_is_left_out() -> None:
    (negotiating,) = {c.places for _, c in of_statute("nantong-2020") if c.what == "correction.negotiate"}
    assert len(negotiating) == 4
    assert "_no_road" not in {place.function for place in negotiating}
