"""What comes from outside: every field says plainly what is wrong with it, and takes nothing for something else."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from domain.cases.application import Application
from domain.cases.commands import FIELDS, Command, Granting, RequestExtension, Supplement, Terms
from domain.plain_errors import first_problem, key_path
from domain.policy import Policy
from domain.texts import CallerKey, Code, Day, Instant, SealedKey, ShortText, Text, Truth, WholeNumber

MODELS: list[type[BaseModel]] = [Application, *dict.fromkeys(FIELDS.values())]
UNFIT = {
    "a\x00b": "has a control character",
    "a\x85b": "has a control character",
    "a\ud800b": "has half of a Unicode character",
    "a\u202eb": "has a character that turns the direction of writing",
    "a\u2066b": "has a character that turns the direction of writing",
}


def problem(model: type[BaseModel], data: Any) -> str:
    """The one sentence about data that a model refuses."""
    with pytest.raises(ValidationError) as refused:
        model.model_validate(data)
    path, reason = first_problem(refused.value)
    return f"{key_path(path)} {reason}"


def refusal(kind: Any, value: object) -> str:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    return first_problem(refused.value)[1]


def fields(
    model: type[BaseModel], above: tuple[str, ...] = ()
) -> Iterator[tuple[type[BaseModel], tuple[str, ...], Any]]:
    """Every field of a model and of those inside it: the outermost model, the path, the type."""
    for name, field in model.model_fields.items():
        path = (*above, name)
        yield model, path, field.annotation
        for inner in branches(field.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from fields(inner, path)


def branches(kind: Any) -> list[Any]:
    """The types that a field may have, without None."""
    if get_origin(kind) is Annotated:
        return branches(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [inner for x in get_args(kind) if x is not type(None) for inner in branches(x)]
    return [kind]


UNIONS = [(model, path) for model in MODELS for _, path, kind in fields(model) if len(branches(kind)) > 1]


def at(path: tuple[str, ...], value: object) -> dict[str, Any]:
    data: Any = value
    for step in reversed(path):
        data = {step: data}
    return dict(data)


def test_the_union_fields_are_found() -> None:
    assert {path[-1] for _, path in UNIONS} == {"conditions"}
    assert len(UNIONS) >= 6


@pytest.mark.parametrize(("model", "path"), UNIONS, ids=lambda x: x.__name__ if isinstance(x, type) else ".".join(x))
def test_a_field_that_may_be_several_things_is_named_as_written(model: type[BaseModel], path: tuple[str, ...]) -> None:
    field = ".".join(path)
    needed = {"result": "agreed", "decision": "grant"}
    rest = {name: said for name, said in needed.items() if name in model.model_fields}
    for value, where, reason in (
        ({"a": "b"}, field, "must be text"),
        (True, field, "must be text"),
        ("a\ud800", field, "has half of a Unicode character"),
        ("长" * 10_001, field, "must have at most 10000 characters"),
        (["a", {"b": 1}], f"{field}[1]", "must be text"),
        (["a", "b", "c\u202e"], f"{field}[2]", "has a character that turns"),
        (["a", "长" * 10_001], f"{field}[1]", "must have at most 10000 characters"),
        (["a"] * 51, field, "must have at most 50 entries"),
    ):
        assert problem(model, {**rest, **at(path, value)}).startswith(f"{where} {reason}")


def test_a_users_own_key_stays_as_it_is() -> None:
    assert problem(Granting, {"scope[0]": "x"}) == "scope[0] is not a known key"
    assert problem(Granting, {"terms": {"f(x)": "x"}}) == "terms.f(x) is not a known key"
    assert problem(Policy, {"limits": {"a[b]": {"amount": 1, "unit": "day"}}}).startswith("limits.a[b] must be ")
    assert problem(Policy, {"limits": {"x": {"amount": 0, "unit": "day"}}}).startswith("limits.x must be ")


@pytest.mark.parametrize("kind", [Text, ShortText, Code, SealedKey, CallerKey])
@pytest.mark.parametrize("value", UNFIT, ids=ascii)
def test_text_that_is_unfit_is_refused_with_why(kind: Any, value: str) -> None:
    assert refusal(kind, value) == UNFIT[value]
    assert refusal(kind, value * 20_000) == UNFIT[value]


@pytest.mark.parametrize("model", MODELS)
def test_half_characters_anywhere_are_an_ordinary_problem(model: type[BaseModel]) -> None:
    for _, path, _ in fields(model):
        assert problem(model, at(path, "\ud800"))
        assert problem(model, at(path, ["\ud800"]))
    assert problem(model, {"\ud800": 1}) == " has half of a Unicode character"


def test_text_may_be_a_bare_whole_number_and_nothing_else() -> None:
    assert TypeAdapter(Code).validate_python(2019) == "2019"
    assert TypeAdapter(Text).validate_python(" 九\n十\t ") == "九\n十"
    for value in (True, False, 1.5, None, ["a"], {}):
        assert refusal(ShortText, value).startswith("must be text")
    assert refusal(Text, 10**5000) == "has too many digits"
    assert refusal(Code, 10**70).startswith("must have at most 64 characters")


@pytest.mark.parametrize(
    ("kind", "most"), [(Text, 10_000), (ShortText, 200), (Code, 64), (CallerKey, 64), (SealedKey, 160)]
)
def test_text_has_a_length(kind: Any, most: int) -> None:
    assert TypeAdapter(kind).validate_python("a" * most) == "a" * most
    assert refusal(kind, "a" * (most + 1)).startswith(f"must have at most {most} characters, not “aaa")


def test_only_a_sealed_key_has_a_tilde() -> None:
    assert TypeAdapter(SealedKey).validate_python("a~b") == "a~b"
    for kind in (Code, CallerKey):
        assert "must match" in refusal(kind, "a~b")
    assert Command.model_validate({"name": "agree", "actor": {"role": "bureau"}, "key": f"{'k' * 64}~{'f' * 16}"})
    assert problem(Command, {"name": "agree", "actor": {"role": "bureau"}, "key": ""}).startswith("key must have")


@pytest.mark.parametrize("key", ["", " ", " a", "a ", "a" * 65, "a b", "键"])
def test_a_callers_key_is_taken_as_it_is(key: str) -> None:
    assert refusal(CallerKey, key)


@pytest.mark.parametrize("value", [True, False, "", "1.0", "3.0", "1_0", "0x10", "３", 1.5, float("nan"), float("inf")])
def test_what_is_no_whole_number(value: object) -> None:
    assert refusal(WholeNumber, value).startswith("must be a whole number, not ")
    assert problem(RequestExtension, {"working_days": value}).startswith("working_days must be a whole number")
    for model in (Application, Supplement):
        assert problem(model, {"item_count": value}).startswith("item_count must be a whole number")


@pytest.mark.parametrize("value", [1, 0, "t", "yes", "on", "1", "", "true", 1.0, None])
def test_what_is_no_truth_value(value: object) -> None:
    assert refusal(Truth, value).startswith("must be true or false, not ")
    for field in ("cross_level", "contains_state_secret", "involves_provincial_department"):
        assert problem(Application, {field: value}).startswith(f"{field} must be true or false")
    paper = {"documents": [{"name": "a", "sealed": value}]}
    assert problem(Application, paper).startswith("documents[0].sealed must be true or false")


@pytest.mark.parametrize(
    "value",
    [20270930, 1790000000, "1790000000", "20270930", "2027-9-30", "2027-02-30", "2027-09-30T00:00:00", True, 1.5],
)
def test_what_is_no_date(value: object) -> None:
    assert refusal(Day, value).startswith("must be a date such as 2025-08-01, not ")
    assert problem(Application, {"use_until": value}).startswith("use_until must be a date")
    assert problem(Terms, {"expires_on": value}).startswith("expires_on must be a date")


@pytest.mark.parametrize(
    "value", [0, 1789696800, "1789696800", "1789696800000", "tomorrow", True, 1.5, "2026-02-30T10:00Z"]
)
def test_what_is_no_time(value: object) -> None:
    assert refusal(Instant, value).startswith("must be a time such as 2025-08-01T09:00:00+08:00, not ")


def test_dates_and_times_as_people_and_programs_write_them() -> None:
    assert refusal(Instant, "2026-09-18T10:00:00").startswith("must be a time with an offset")
    assert refusal(Instant, "2026-09-18").startswith("must be a time with an offset")
    ten = datetime(2026, 9, 18, 10, tzinfo=UTC)
    for value in (ten, "2026-09-18T10:00:00Z", "2026-09-18T18:00+08:00", "2026-09-18 18:00:00.0+0800"):
        assert TypeAdapter(Instant).validate_python(value) == ten
    for value in (date(2026, 9, 18), "2026-09-18"):
        assert TypeAdapter(Day).validate_python(value) == date(2026, 9, 18)


def test_an_application_travels_as_json() -> None:
    application = Application.model_validate(
        {
            "use_until": "2027-09-30",
            "item_count": "3",
            "cross_level": True,
            "documents": [{"name": "a", "sealed": True}],
        }
    )
    assert Application.model_validate_json(application.model_dump_json()) == application
    assert Application.model_validate(application.model_dump()) == application
