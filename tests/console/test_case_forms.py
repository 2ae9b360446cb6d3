"""Forms of commands: a field for all that may be said, what is typed as it must arrive, each when it may be given."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from pydantic import BaseModel

from console.case_forms import offered
from console.forms import FormField, fields_of, said_with
from console.shown_forms import shown_fields, with_more_rows, wrong_in
from domain.access import EVERYWHERE, Caller
from domain.engine.commands import Command
from domain.engine.decide import refuse_unless_allowed
from domain.engine.decision import Refused
from domain.engine.evolve import evolve
from domain.engine.records import Actor
from domain.engine.rules import CommandRule
from domain.words import ProcedureName, Role
from procedures.catalogue_change.rules import Submitting
from procedures.data_correction.rules import Correcting
from procedures.registry import PROCEDURES
from procedures.share_request.commands import Granting, Supplement
from tests.plays import FILES, on_paper, scenario_of

SAID_BY_PEOPLE: Sequence[tuple[ProcedureName, CommandRule[Any]]] = [
    (name, rule) for name, it in PROCEDURES.items() for rule in it.rules.values() if not rule.between_cases
]
SAMPLE = "a" * 64
"""Fits a text, a code and a digest alike."""


def name(pair: tuple[ProcedureName, CommandRule[Any]]) -> str:
    return f"{pair[0]}-{pair[1].name}"


def leaves(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Everything that a model lets be said, down to what is typed; a list of objects by the fields of one."""
    for field, it in model.model_fields.items():
        inside = _models_in(it.annotation)
        yield from (leaf for each in inside for leaf in leaves(each, f"{before}{field}."))
        if not inside:
            yield f"{before}{field}"


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inside = [
        *getattr(annotation, "__args__", ()),
        *([annotation.__origin__] if hasattr(annotation, "__metadata__") else []),
    ]
    return [model for each in inside for model in _models_in(each)]


def typed_in(field: FormField) -> Iterator[str]:
    """The leaves for which a field stands."""
    if field.kind == "rows":
        yield from (f"{field.name}.{leaf}" for part in field.parts for leaf in typed_in(part))
    elif field.name == "terms" or field.name.endswith(".terms"):
        yield f"{field.name}.conditions"
    else:
        yield field.name.removesuffix(".number")


@pytest.mark.parametrize("pair", SAID_BY_PEOPLE, ids=name)
def test_whatever_a_command_may_say_has_a_field_with_words(pair: tuple[ProcedureName, CommandRule[Any]]) -> None:
    says = pair[1].says
    fields = fields_of(says)
    assert {leaf for field in fields for leaf in typed_in(field)} == set(leaves(says))
    offered_in = {leaf for field in fields if not field.twin for leaf in typed_in(field)}
    for leaf in set(leaves(says)) - offered_in:
        assert leaf.partition(".")[2] in offered_in, f"{leaf} can be typed nowhere"
    for language in ("zh", "en"):
        assert all(row["label"] for row in shown_fields(fields, {}, language, "x"))


def filled(fields: Sequence[FormField], rows: int = 2) -> dict[str, str]:
    """A form with something in each field; where two say the same, in the first alone."""
    typed: dict[str, str] = {}
    for field in fields:
        if field.kind == "rows":
            for number in range(rows):
                typed |= filled(field.in_row(number))
        elif not field.name.endswith(".number") and not field.twin:
            typed[field.name] = {
                "number": " 5 ",
                "date": "2030-01-02",
                "tick": "true",
                "truth": "false",
                "lines": f"{SAMPLE}\r\n\r\n b ",
                "choice": field.choices[-1] if field.choices else "",
            }.get(field.kind, SAMPLE)
    return typed


@pytest.mark.parametrize("pair", SAID_BY_PEOPLE, ids=name)
def test_what_is_typed_arrives_as_the_model_demands(pair: tuple[ProcedureName, CommandRule[Any]]) -> None:
    says = pair[1].says
    fields = fields_of(says)
    typed = filled(fields)
    said = said_with(fields, typed)
    arrived = says.model_validate(said).model_dump(mode="json", exclude_unset=True)
    assert _plain(arrived) == _plain(said)
    assert set(_flat(said)) == set(_leaves_typed(fields))
    assert said_with(fields, {}) == {}
    assert wrong_in(says, said, "zh") is None


def _leaves_typed(fields: Sequence[FormField]) -> Iterator[str]:
    return (leaf for field in fields if not field.twin for leaf in typed_in(field))


def _flat(said: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, value in said.items():
        inside = value if isinstance(value, list) else [value]
        objects = [each for each in inside if isinstance(each, Mapping)]
        yield from (leaf for each in objects for leaf in _flat(each, f"{before}{key}."))
        if not objects:
            yield f"{before}{key}"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def test_of_a_list_the_rows_count_in_which_something_stands() -> None:
    typed = {
        "documents.0.name": "  ",
        "documents.1.name": "申请表.pdf",
        "documents.2.name": "",
        "documents.2.sealed": "true",
    }
    said = said_with(fields_of(Supplement), typed)
    assert said == {"documents": [{"name": "申请表.pdf"}, {"sealed": True}]}
    assert "材料 2 名称" in (wrong_in(Supplement, said, "zh") or "")


def test_an_object_within_a_row_stays_within_it() -> None:
    typed = {"entries.0.code": "A-1", "entries.1.code": "A-2", "entries.1.basis.text": "条例第五条"}
    assert said_with(fields_of(Submitting), typed) == {
        "entries": [{"code": "A-1"}, {"code": "A-2", "basis": {"text": "条例第五条"}}]
    }


def test_one_more_row_keeps_what_was_typed() -> None:
    typed = {"documents.rows": "3", "documents.2.name": "第三份", "more": "documents"}
    (documents,) = (
        row
        for row in shown_fields(fields_of(Supplement), with_more_rows(typed), "zh", "x")
        if row["field"].kind == "rows"
    )
    assert [row[0]["value"] for row in documents["rows"]] == ["", "", "第三份", ""]
    wild = {"documents.rows": "999", "more": "documents"}
    (documents,) = (
        row
        for row in shown_fields(fields_of(Supplement), with_more_rows(wild), "zh", "x")
        if row["field"].kind == "rows"
    )
    assert (len(documents["rows"]), documents["more"]) == (50, False)


def test_how_many_or_which_but_not_both() -> None:
    fields = fields_of(Correcting)
    assert said_with(fields, {"changed_records.number": "12"}) == {"changed_records": 12}
    assert said_with(fields, {"changed_records": "12"}) == {"changed_records": ["12"]}
    both = said_with(fields, {"changed_records.number": "12", "changed_records": "a"})
    assert wrong_in(Correcting, both, "zh") is not None


def test_terms_are_one_text_or_parts_and_stand_beside_or_below() -> None:
    fields = fields_of(Granting)
    assert not any(field.required for field in fields), "a browser would ask for what may be said in another field"
    beside = Granting.model_validate(said_with(fields, {"scope": "姓名", "conditions": "不得留存"}))
    below = Granting.model_validate(said_with(fields, {"terms.scope": "姓名", "terms": "不得留存"}))
    assert beside.said() == below.said() == {"scope": "姓名", "conditions": "不得留存"}


@pytest.mark.parametrize("procedure", list(ProcedureName))
def test_each_is_offered_exactly_when_the_rules_allow_it(procedure: ProcedureName) -> None:
    seen, looked_at = set(), set()
    for path in FILES:
        if path.parent.name not in (procedure, "nantong-2020", "cn-809-2025", "yima-2021"):
            continue
        if scenario_of(path).procedure is not procedure:
            continue
        play = on_paper(path)
        if play.paper is None or play.filing is None:
            continue
        case = play.filing.case
        for event in play.paper.events:
            case = evolve(case, event)
            alike = (case.statute.id, case.stage, event.type, tuple(sorted(c.state for c in case.clocks.values())))
            if alike in looked_at:
                continue
            looked_at.add(alike)
            for role in Role:
                org = {Role.REQUESTER: case.requester.code, Role.PROVIDER: case.provider.code}.get(role)
                caller = Caller("somebody", org, frozenset({role}), frozenset({EVERYWHERE}))
                shown = {rule.name for rule, _ in offered(case, caller, case.parties)}
                assert shown == set(_allowed(case, role, org))
                seen |= shown
    assert seen == {rule.name for it, rule in SAID_BY_PEOPLE if it is procedure}


def _allowed(case: Any, role: Role, org: str | None) -> Iterator[str]:
    for command, rule in PROCEDURES[case.procedure].rules.items():
        actor = Actor(role=role, org=org, person="somebody")
        try:
            refuse_unless_allowed(case, rule, Command(name=command, actor=actor, key="k"))
        except Refused:
            continue
        yield command
