"""Whatever the calendar says of a file that cannot be used is told in the reader's language."""

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType

import pytest

from console.edition_complaints import edition_complaint
from domain.calendar import _reading, amending, editions, load_edition
from domain.calendar.errors import CalendarError


def sentences(module: ModuleType) -> Iterator[str]:
    """Each sentence with which a module refuses something, with an x in each of its places."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if (
            isinstance(node, ast.Raise)
            and isinstance(node.exc, ast.Call)
            and ast.unparse(node.exc.func) == "CalendarError"
        ):
            [said] = node.exc.args
            parts = said.values if isinstance(said, ast.JoinedStr) else [said]
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts)


@pytest.mark.parametrize("module", [editions, amending, _reading])
def test_each_sentence_of_the_calendar_has_its_place_in_the_catalogue(module: ModuleType) -> None:
    found = list(sentences(module))
    assert found
    for sentence in found:
        assert edition_complaint(sentence, "zh") != sentence, sentence
        assert edition_complaint(sentence, "en") == sentence


def test_a_complaint_names_what_it_is_about() -> None:
    with pytest.raises(CalendarError) as caught:
        load_edition(
            '{"id": "2027", "published": "2026-11-05", "notice": "x", "days": {"2027-01-01": "rest"}}', "2027.json"
        )
    assert (
        edition_complaint(str(caught.value), "zh")
        == "2027.json：2027-01-01 须写 off（休）或 work（班），而不是 'rest'。"
    )
