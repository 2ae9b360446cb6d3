"""Codes of departments: their check character, and that case makes no difference."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access import Caller, Parties, capacities, may_file, sees
from domain.codes import ALPHABET, check_character, code_key, is_mistyped, same_code
from domain.departments import DepartmentsError, read_departments
from domain.engine.case_found import CaseFound
from domain.engine.filed import Party, mistyped_codes
from domain.policy import default_policy
from domain.statutes.loader import get_statute, packaged_statutes
from domain.words import EventType, Role
from procedures.rectification.case import Notice
from procedures.rectification.rules import origin_is_there
from procedures.registry import open_case
from procedures.resource_withdrawal.case import Withdrawal
from procedures.share_request.application import Application
from procedures.share_request.filing import as_requester
from procedures.share_request.process import SHARE_REQUEST
from tests.engine.cases import application

ROOT = Path(__file__).parents[2]
REAL = ["91330100799655058B", "9144030071526726XG", "91110000802100433B", "91110108551385082Q"]
"""Codes of companies that everybody can look up."""

SEALED = [{"name": "申请表.pdf", "sealed": True}]
NOW = datetime.fromisoformat("2025-03-03T09:00:00+08:00")

bodies = st.text(st.sampled_from(ALPHABET), min_size=17, max_size=17)


@pytest.mark.parametrize("code", [*REAL, *map(str.lower, REAL)])
def test_a_real_code_has_its_check_character(code: str) -> None:
    assert check_character(code[:-1]) == code[-1].upper()
    assert not is_mistyped(code)


@given(body=bodies, place=st.integers(0, 17), other=st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(body: str, place: int, other: str) -> None:
    code = body + check_character(body)
    assert not is_mistyped(code)
    wrong = code[:place] + other + code[place + 1 :]
    assert is_mistyped(wrong) == is_mistyped(wrong.lower()) == (wrong != code)


@given(body=bodies, place=st.integers(0, 15))
def test_two_neighbours_changed_over_are_found(body: str, place: int) -> None:
    code = body + check_character(body)
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert is_mistyped(wrong) == (wrong != code)


@pytest.mark.parametrize(
    "code", ["", "NT-GA-0001", "nantong:bureau", "11320600014000001", "1132060001400000155", "11320600014000000I"]
)
def test_codes_of_another_form_are_never_mistyped(code: str) -> None:
    assert not is_mistyped(code)


@pytest.mark.parametrize("body", ["1132060001400000", "1132060001400000I", "113206000140000012"])
def test_what_cannot_have_a_check_character(body: str) -> None:
    with pytest.raises(ValueError, match=r"check character|substring"):
        check_character(body)


@given(st.text(st.characters(max_codepoint=126, min_codepoint=33), min_size=1, max_size=64))
def test_case_makes_no_difference(code: str) -> None:
    assert same_code(code, code.lower())
    assert same_code(code.upper(), code.lower())
    assert code_key(code) == code_key(code.swapcase())
    parties = Parties("nantong-2020", code, f"{code}x")
    caller = Caller("x", code.swapcase(), frozenset({Role.REQUESTER, Role.PROVIDER}))
    assert sees(caller, parties)
    assert may_file(caller, parties)
    assert capacities(caller, list(Role), parties) == [Role.REQUESTER]


def test_nobody_is_like_nobody() -> None:
    assert not same_code(None, None)
    assert not same_code(None, "x")
    assert not same_code("x", None)


def filed(**changes: object) -> dict[str, object]:
    said = application(**{"documents": SEALED, **changes})
    case = SHARE_REQUEST.new_case("X", get_statute("nantong-2020"), default_policy(), said)
    events = open_case(case, as_requester(said), NOW)
    assert events[0].type is EventType.FILED
    return dict(events[0].data)


def test_a_mistyped_code_is_a_finding_on_the_filing() -> None:
    assert "findings" not in filed()
    wrong = filed(requester={"code": "113206000140000001", "name": "市民政局"})
    assert (wrong["findings"], wrong["mistyped_codes"]) == (["wrong_check_character"], ["113206000140000001"])
    both = filed(requester={"code": "113206000140000001", "name": "市民政局"}, documents=[])
    assert both["findings"] == ["no_sealed_document", "wrong_check_character"]
    assert "findings" not in filed(requester={"code": "nantong:minzheng", "name": "市民政局"})


def test_every_department_that_is_named_is_looked_at() -> None:
    wrong = [Party(code=f"11320600014000000{digit}", name="某局") for digit in "123"]
    matter = Withdrawal(provider=wrong[0], subscribers=(wrong[1], wrong[2], wrong[0]))
    # Of these three the second is right.
    assert mistyped_codes(matter) == ["113206000140000001", "113206000140000003"]
    assert mistyped_codes(Application()) == []


def test_a_department_stands_once_in_the_list_however_it_is_written() -> None:
    listed = "nantong:\n  - {code: 11320600014ABCDEFG, name: 甲}\n  - {code: 11320600014abcdefg, name: 乙}\n"
    with pytest.raises(DepartmentsError, match="11320600014abcdefg stands a second time"):
        read_departments(listed, "x.yaml", packaged_statutes().values())


def examples() -> list[Path]:
    pages = [*ROOT.glob("docs/**/*.md"), *ROOT.glob("docs/examples/*"), *ROOT.glob("README*.md")]
    return [*pages, *ROOT.glob("embedded/demo/cases/*.yaml")]


def test_the_examples_have_right_codes() -> None:
    found = {code for page in examples() for code in re.findall(r"\b[0-9A-Za-z]{18}\b", page.read_text("utf-8"))}
    assert {"113206000140000015", "113206000140000028"} <= found
    assert [code for code in sorted(found) if is_mistyped(code)] == []


def test_the_origin_of_a_notice_is_a_case_of_the_department_in_either_case() -> None:
    notice = Notice.model_validate({"department": {"code": "nantong:gongan", "name": "市公安局"}})
    parties = {"requester": "nantong:minzheng", "provider": "NANTONG:GONGAN"}
    found = CaseFound(request_id="X", statute="nantong-2020", procedure=SHARE_REQUEST.name, **parties)
    assert origin_is_there(notice, "nantong", found)
    stranger = notice.model_copy(update={"department": Party(code="nantong:shuiwu", name="市税务局")})
    assert not origin_is_there(stranger, "nantong", found)
