"""What comes from outside: every field says plainly what is wrong with it, and takes nothing for something else."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError

from domain.engine.commands import Command, Decide, RequestExtension, Terms
from domain.field_types import (
    CallerKey,
    Code,
    Day,
    Instant,
    SealedKey,
    ShortText,
    Text,
    Truth,
    WholeNumber,
    as_printed,
    on_one_line,
)
from domain.messages import Language, words
from domain.policy import Policy
from domain.validation_messages import BOUNDS, MOST_PROBLEMS, WORDS, all_problems, first_problem, key_path, own_reason
from procedures.registry import DEFAULT
from procedures.share_request.application import Application
from procedures.share_request.commands import Deliver, Granting, Propose, Supplement

MODELS: list[type[BaseModel]] = [Application, *dict.fromkeys(rule.says for rule in DEFAULT.rules.values())]
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


@pytest.mark.parametrize(
    "value", [True, False, "", "1.0", "3.0", "1_0", "0x10", "３", "3\x85", 1.5, float("nan"), float("inf")]
)
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
    [
        *(20270930, 1790000000, "1790000000", "20270930", "2027-9-30", "2027-02-30", "2027-09-30T00:00:00", True, 1.5),
        *("2027-09-30\x85", "\x1f2027-09-30"),
    ],
)
def test_what_is_no_date(value: object) -> None:
    assert refusal(Day, value).startswith("must be a date such as 2025-08-01, not ")
    assert problem(Application, {"use_until": value}).startswith("use_until must be a date")
    assert problem(Terms, {"expires_on": value}).startswith("expires_on must be a date")


@pytest.mark.parametrize(
    "value",
    [0, 1789696800, "1789696800", "1789696800000", "tomorrow", True, 1.5, "2026-02-30T10:00Z", "2026-02-28T10:00Z\x1f"],
)
def test_what_is_no_time(value: object) -> None:
    assert refusal(Instant, value).startswith("must be a time such as 2025-08-01T09:00:00+08:00, not ")


def test_dates_and_times_as_people_and_programs_write_them() -> None:
    assert refusal(Instant, "2026-09-18T10:00:00").startswith("must be a time with an offset")
    assert refusal(Instant, "2026-09-18").startswith("must be a time with an offset")
    ten = datetime(2026, 9, 18, 10, tzinfo=UTC)
    for value in (ten, "2026-09-18T10:00:00Z", "2026-09-18T18:00+08:00", "2026-09-18 18:00:00.0+0800"):
        assert TypeAdapter(Instant).validate_python(value) == ten
    for value in (date(2026, 9, 18), "2026-09-18", " 2026-09-18\n"):
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


# In Chinese

HAN = re.compile(r"[\u4e00-\u9fff]")


def told(model: type[BaseModel], data: Any, language: Language = "zh") -> list[str]:
    """All problems of data that a model refuses, each a path and its reason."""
    with pytest.raises(ValidationError) as refused:
        model.model_validate(data)
    problems = all_problems(refused.value, language)
    assert problems[0] == first_problem(refused.value, language)
    return [f"{key_path(path)} {reason}" for path, reason in problems]


@pytest.mark.parametrize(
    ("model", "data", "reason"),
    [
        (RequestExtension, {}, "working_days 缺失"),
        (RequestExtension, {"working_day": 3}, "working_day 不是已知的字段，可能是 working_days 之误"),
        (RequestExtension, {"working_days": 3, "colour": 1}, "colour 不是已知的字段"),
        (RequestExtension, {"working_days": "三"}, "working_days 应为整数，现为 “三”"),
        (RequestExtension, {"working_days": 0}, "working_days 不得小于 1，现为 0"),
        (RequestExtension, {"working_days": 2**53}, "working_days 不得大于 9007199254740991，现为 9007199254740992"),
        (RequestExtension, {"working_days": 10**5000}, "working_days 不得大于 9007199254740991，现为 位数过多的数"),
        (Application, {"purpose": None, "scope": ["x"]}, "scope 应为文本；若形似数字，请加引号，现为 列表"),
        (Application, {"requester": 1}, "requester 应为一组键值，现为 1"),
        (Application, {"documents": {}}, "documents 应为列表，现为 一组键值"),
        (Application, {"documents": ["x"] * 101}, "documents 至多可有 100 项"),
        (
            Application,
            {"documents": [{"name": "x", "sealed": None}]},
            "documents[0].sealed 应为 true 或 false，现为 空值",
        ),
        (Application, {"use_until": "明天"}, "use_until 应为日期，例如 2025-08-01，现为 “明天”"),
        (Application, {"purpose": "a\u202eb"}, "purpose 含有改变书写方向的字符"),
        (Application, {"requester": {"code": "a b"}}, "requester.code 应符合格式 ^[A-Za-z0-9._:/-]*$，现为 “a b”"),
        (Granting, {"conditions": ["a", "b\x00"]}, "conditions[1] 含有控制字符"),
        (Deliver, {"mode": ""}, "mode 至少应有 1 个字符"),
        (Decide, {"decision": "maybe"}, "decision 应为 grant、deny 或 return，现为 “maybe”"),
        (Propose, {"terms": {}}, " 应至少写明 scope、mode、conditions、expires_on 之一"),
    ],
)
def test_a_problem_is_told_in_chinese_too(model: type[BaseModel], data: Any, reason: str) -> None:
    assert told(model, data) == [reason]
    assert not HAN.search(told(model, data, "en")[0].replace("三", "").replace("明天", ""))


def test_what_nobody_foresaw_is_told_all_the_same() -> None:
    class Peculiar(BaseModel):
        number: Annotated[int, Field(multiple_of=3)]
        pair: Annotated[str, AfterValidator(_never)]

    assert told(Peculiar, {"number": 4, "pair": "x"}, "en") == [
        "number input should be a multiple of 3",
        "pair Is never right",
    ]
    assert told(Peculiar, {"number": 4, "pair": "x"}) == [
        "number 不符合要求（input should be a multiple of 3）",
        "pair 不符合要求（Is never right）",
    ]


def _never(_: str) -> str:
    raise ValueError("Is never\n right")


def test_every_problem_is_told_once_and_unknown_keys_first() -> None:
    data = {
        "item_count": 0,
        "scop": "x",
        "documents": [{"nam": "x"}, {"name": "x", "sealed": 1}],
        "resource": {"sharing_class": "free"},
    }
    assert told(Application, data, "en") == [
        "documents[0].nam is not a known key; name was probably meant",
        "scop is not a known key",
        "resource.sharing_class must be unconditional, conditional or not_shared, not “free”",
        "item_count must be at least 1, not 0",
        "documents[1].sealed must be true or false, not 1",
    ]


def test_of_a_field_that_may_be_several_things_the_branch_that_fits_is_told() -> None:
    assert told(Granting, {"conditions": ["a", 1.5, {}], "mode": {}}, "en") == [
        "mode must be text; put it in quotation marks if it looks like a number, not a group of keys",
        "conditions[1] must be text; put it in quotation marks if it looks like a number, not 1.5",
        "conditions[2] must be text; put it in quotation marks if it looks like a number, not a group of keys",
    ]


def test_not_more_is_told_than_anybody_reads() -> None:
    data = {f"key{n}": n for n in range(5000)}
    assert told(Application, data, "en") == [f"key{n} is not a known key" for n in range(MOST_PROBLEMS)]
    assert told(Application, {"a\n\x1b[2J" + "k" * 5000: 1}) == ["a??[2J" + "k" * 94 + "… 不是已知的字段"]


def test_the_words_for_input_are_whole_in_both_languages() -> None:
    for word, said in words("input").items():
        assert HAN.search(said["zh"]) or word in ("with_value", "many", "between"), word
        assert not HAN.search(said["en"]), word
        assert set(re.findall(r"{(\w+)}", said["zh"])) == set(re.findall(r"{(\w+)}", said["en"])), word
    assert {*WORDS.values(), *(word for word, _ in BOUNDS.values())} <= set(words("input"))
    with pytest.raises(KeyError):
        own_reason("no such word")


def test_what_a_terminal_takes_for_something_else_is_named() -> None:
    assert as_printed("a\nb\u2028\ufffe\U0010ffff\u202ec") == "a\nb⟨U+2028⟩⟨U+FFFE⟩⟨U+10FFFF⟩⟨U+202E⟩c"
    assert on_one_line("a\nb\u2029c") == "a⟨U+000A⟩b⟨U+2029⟩c"
