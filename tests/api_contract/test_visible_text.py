"""Text in which a reader sees nothing says nothing, in whatever field it stands."""

import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.events_in.envelope import Envelope
from api.events_in.kinds import SAYS
from domain.engine.commands import Terms
from domain.field_types import VISIBLE, Code, ShortText, Text
from domain.validation_messages import first_problem
from procedures.registry import PROCEDURES
from procedures.share_request.commands import Propose, ReturnForSupplement
from tests.domain.test_plain_input import at, branches, fields, problem

UNSEEN = [
    *("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u2800", "\u3164", "\uffa0", "\u115f", "\u1160"),
    *("\u00a0", "\u3000", "\u2028", "\u034f", "\u061c", "\u180e", "\u17b4", "\u2062", "\u206a", "\ufff9", "\ufe0f"),
    *("\U000e0001", "\U000e0041", "\U000e0100", "\ufdd0", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff"),
    *("\U0001d159", "\U0001d173", "\U0001bca0", "\U00016fe4", "\r\n", "\r", "\t", " "),
]
SEEN = ["a", "中", "𠮷", "\ue000", "-", "0", "é", "🏛️", "👨\u200d👩", "ا", "\u0600", "丶"]
"""Also characters of the private use area: with them offices write names that no code point has yet."""

MODELS: dict[str, type[BaseModel]] = {
    f"{procedure.name}.{name}": model
    for procedure in PROCEDURES.values()
    for name, model in (
        ("request", procedure.matter),
        *((command, rule.says) for command, rule in procedure.rules.items()),
    )
} | {f"event.{kind}": says for kind, says in SAYS.items()}


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_text_without_a_visible_character_is_empty(unseen: str) -> None:
    for kind in (Text, ShortText):
        assert TypeAdapter(kind).validate_python(unseen) == ""
        assert TypeAdapter(kind).validate_python(unseen * 3) == ""
        assert TypeAdapter(kind).validate_python(f"甲{unseen}乙").startswith("甲")
    assert TypeAdapter(Code).validate_python(unseen) == ""


@pytest.mark.parametrize("seen", SEEN, ids=ascii)
def test_what_can_be_seen_is_taken_as_it_is(seen: str) -> None:
    assert TypeAdapter(Text).validate_python(seen) == seen


@given(st.text(st.sampled_from("".join(UNSEEN)), max_size=30))
def test_however_many_of_them_stand_together(text: str) -> None:
    assert TypeAdapter(Text).validate_python(text) == ""
    assert TypeAdapter(Text).validate_python(text + "因") != ""


def test_no_format_character_blank_or_noncharacter_of_unicode_is_taken_for_visible() -> None:
    marks = {"\u0600", "\u0601", "\u0602", "\u0603", "\u0604", "\u0605", "\u06dd", "\u070f", "\u0890", "\u0891"}
    marks |= {"\u08e2", "\U000110bd", "\U000110cd"}  # signs that stand over numbers, and are seen
    for character in map(chr, range(sys.maxunicode + 1)):
        category = unicodedata.category(character)
        empty = category in ("Zs", "Zl", "Zp") or (category == "Cf" and character not in marks)
        empty = empty or ord(character) & 0xFFFE == 0xFFFE
        # Later versions of Unicode add format characters to that block of hieroglyphs alone.
        if empty and not 0x13430 <= ord(character) <= 0x1345F:
            assert not VISIBLE.search(character), hex(ord(character))
        if category in ("Lu", "Ll", "Nd", "Sc", "Co") or "CJK UNIFIED" in unicodedata.name(character, ""):
            assert VISIBLE.search(character), hex(ord(character))


TEXT_FIELDS = [
    pytest.param(model, path, id=f"{name}.{'.'.join(path)}")
    for name, model in MODELS.items()
    for _, path, kind in fields(model)
    if str in branches(kind)
]


def taken(model: type[BaseModel], data: Any) -> str:
    """What a model makes of data, or the first thing it says against them."""
    try:
        return repr(model.model_validate(data))
    except ValidationError as error:
        return first_problem(error)[1]


@pytest.mark.parametrize("unseen", ["\u200b\ufeff", "\u3164", "\U000e0041"], ids=ascii)
@pytest.mark.parametrize(("model", "path"), TEXT_FIELDS)
def test_in_every_field_of_every_procedure_it_is_as_if_nothing_stood_there(
    model: type[BaseModel], path: tuple[str, ...], unseen: str
) -> None:
    assert taken(model, at(path, unseen)) == taken(model, at(path, ""))
    assert taken(model, at(path, [unseen])) == taken(model, at(path, [""]))
    if path[:-1]:
        assert taken(model, at(path[:-1], [{path[-1]: unseen}])) == taken(model, at(path[:-1], [{path[-1]: ""}]))


def test_texts_of_a_list_that_say_nothing_are_left_out() -> None:
    assert ReturnForSupplement(missing=("\u200b", "申请表", " ")).missing == ("申请表",)
    assert Terms.model_validate({"conditions": ["\u2060", "\u3164"]}).said() == {}
    assert problem(Propose, {"terms": {"conditions": ["\u200b"]}}) == (
        " must name at least one of scope, mode, conditions, expires_on"
    )


@pytest.mark.parametrize(
    ("text", "kept"), [("甲\r\n乙", "甲\n乙"), ("甲\r乙", "甲\n乙"), ("甲\n\r\n乙\r\n", "甲\n\n乙")]
)
def test_lines_end_with_a_line_feed(text: str, kept: str) -> None:
    assert TypeAdapter(Text).validate_python(text) == kept
    assert TypeAdapter(ShortText).validate_python(text) == kept


@pytest.mark.parametrize("attribute", ["id", "source", "type", "subject"])
def test_an_events_name_shows_a_character_and_has_no_line_end(attribute: str) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/a", "type": "t", "data": {}}
    assert problem(Envelope, {**event, attribute: "\u200b"}) == f"{attribute} shows no visible character"
    for text in ("a\rb", "a\r\nb", "a\tb"):
        assert problem(Envelope, {**event, attribute: text}) == f"{attribute} has a control character"
