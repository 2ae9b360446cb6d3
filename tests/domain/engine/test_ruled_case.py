"""A case under one section of its text: which section is found by its kind alone, and what a text without it says."""

from typing import ClassVar

import pytest

from domain.engine.decision import Refused
from domain.engine.filed import Filed
from domain.engine.process import InvalidProcess
from domain.engine.ruled_case import RuledCase
from domain.policy import default_policy
from domain.refusal_codes import RefusalCode
from domain.statutes.loader import get_statute, packaged_statutes
from domain.statutes.model import Body, Statute
from domain.statutes.sections import DemandRules, Duty
from domain.words import ProcedureName
from procedures.registry import ALL, RULED_BY


class Wish(RuledCase[DemandRules]):
    """A case that the section on demands rules."""

    procedure: ClassVar[ProcedureName] = ProcedureName.DEMAND


def wish(statute: Statute) -> Wish:
    return Wish("R", statute, default_policy(), Filed())


def test_its_rules_are_the_section_of_its_kind() -> None:
    text = get_statute("nantong-2020")
    assert text.demand is not None
    assert wish(text).rules is text.demand
    assert Wish.section == "demand"


def test_a_text_without_the_section_does_not_have_the_procedure() -> None:
    text = get_statute("nantong-2020").model_copy(update={"demand": None})
    with pytest.raises(Refused) as refused:
        wish(text).rules  # noqa: B018 - asking is what is refused
    assert refused.value.code is RefusalCode.PROCEDURE_NOT_AVAILABLE


@pytest.mark.parametrize("kind", [Body, list[Duty]])
def test_a_kind_that_no_section_has_is_refused_when_the_program_starts(kind: type) -> None:
    with pytest.raises(InvalidProcess, match=r"test_ruled_case\.py \(Odd\): 0 sections of a statute are of the kind"):

        class Odd(RuledCase[kind]):
            """A case under what is no section."""


def test_every_section_rules_one_procedure() -> None:
    assert [*RULED_BY] == [*Statute.SECTIONS]
    assert len(set(RULED_BY.values())) == len(RULED_BY)
    assert [each.name for each in ALL if each.section is None] == [ProcedureName.SHARE_REQUEST]


def test_a_section_that_a_text_does_not_have_is_not_written_down() -> None:
    for text in packaged_statutes().values():
        without = text.model_copy(update=dict.fromkeys(Statute.SECTIONS))
        assert set(text.model_dump()) - set(without.model_dump()) == {x for x in Statute.SECTIONS if text.section(x)}
