"""What a page needs to show a form: the words of its fields, what was typed so far, and how many rows of each list."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from console.forms import FormField, rows_in
from domain.engine.filed import Filed
from domain.field_types import CODE_PATTERN, SHA256_PATTERN
from domain.messages import Language, label, words
from domain.validation_messages import all_problems

KINDS_OF_NAMES: Final = ("console_field", "said", "notice_field", "application_field")
KINDS_OF_WORDS: Final = (
    *("console_choice", "urgency", "service_mode", "clock", "sharing_class", "authorization", "role"),
)
FIRST_ROWS: Final = 3
FEW_PARTS: Final = 4
"""A list whose rows have more fields than this begins with one row."""
MORE: Final = "more"
"""The name of the button that asks for one more row; its value names the list."""


def rows_field(field: FormField) -> str:
    """The name under which a form says how many rows of a list it shows."""
    return f"{field.name}.rows"


def shown_fields(
    fields: Sequence[FormField], typed: Mapping[str, str], language: Language, before: str
) -> list[dict[str, Any]]:
    """The fields of a form with what was typed; ``before`` stands before each name in what identifies it."""
    return [_shown(field, typed, language, before) for field in fields if not field.twin]


def _shown(field: FormField, typed: Mapping[str, str], language: Language, before: str) -> dict[str, Any]:
    names = {"id": f"{before}-{field.name}", "label": name_of(field, language)}
    shown: dict[str, Any] = {"field": field, **names, "known": None, "other": None, "brought": False}
    if field.kind != "rows":
        value = typed.get(field.name, "" if typed else field.default)
        choices = [(word, choice_of(word, language)) for word in field.choices]
        if field.kind == "known":
            value = dict(choices).get(value, value)
        return {**shown, "value": value, "choices": choices}
    many = rows_shown(field, typed)
    rows = [
        [
            {**_shown(part, typed, language, before), "label": name_of(short, language)}
            for part, short in zip(field.in_row(number), field.parts, strict=True)
        ]
        for number in range(many)
    ]
    return {**shown, "rows": rows, "rows_field": rows_field(field), "more": many < field.most}


def rows_shown(field: FormField, typed: Mapping[str, str]) -> int:
    """How many rows of a list are shown: a few, those with something in them, and as many as the form asks for."""
    first = FIRST_ROWS if len(field.parts) <= FEW_PARTS else 1
    return min(max(first, _rows_asked(typed, rows_field(field)), rows_in(field, typed)), field.most)


def with_more_rows(typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed into a form, which asks for one more row of the list whose button was pressed."""
    wanted = f"{typed.get(MORE, '')}.rows"
    asked = {wanted: str(_rows_asked(typed, wanted) + 1)} if wanted in typed else {}
    return {name: value for name, value in typed.items() if name != MORE} | asked


def _rows_asked(typed: Mapping[str, str], rows: str) -> int:
    asked = typed.get(rows, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 0


def name_of(field: FormField, language: Language) -> str:
    """What people call a field. Raises LookupError for one that the catalogue does not have."""
    return named(field.name.split("."), language)


def named(path: Sequence[str], language: Language) -> str:
    """What people call a part of something, by its way there. Raises LookupError as :func:`name_of`."""
    return " ".join(part if part.isdigit() else _first(KINDS_OF_NAMES, part, language) for part in path)


def choice_of(word: str, language: Language) -> str:
    """What people call one of several answers. Raises LookupError for one that the catalogue does not have."""
    return _first(KINDS_OF_WORDS, word, language)


def _first(kinds: Sequence[str], word: str, language: Language) -> str:
    for kind in kinds:
        if word in words(kind):
            return words(kind)[word][language]
    raise LookupError(f"the catalogue has no {word} among {', '.join(kinds)}")


def wrong_in(says: type[Filed], said: Mapping[str, Any], language: Language) -> str | None:
    """What of a form cannot be used, as one sentence that names the fields by their words; None where all can."""
    try:
        says.model_validate(dict(said))
    except ValidationError as error:
        between = label("console", "and_also", language)
        return between.join(_problems(error, language))
    return None


_LETTERS: Final = {CODE_PATTERN: "letters_of_codes", SHA256_PATTERN: "letters_of_digests"}
_CHOICE: Final = re.compile(r"'(\w+)'")


def _in_words(detail: ErrorDetails, language: Language) -> ErrorDetails:
    """What is wrong, without what programs alone read: a pattern, the words of a vocabulary, names of fields."""
    kind, bounds = detail["type"], detail.get("ctx", {})
    if kind == "string_pattern_mismatch" and bounds["pattern"] in _LETTERS:
        return {**detail, "type": _LETTERS[bounds["pattern"]]}
    if kind == "terms_say_nothing":
        return {**detail, "type": "terms_left_empty"}
    if kind in ("enum", "literal_error"):
        expected = _CHOICE.sub(lambda word: _choice_or_word(word[1], language), str(bounds["expected"]))
        return {**detail, "ctx": {**bounds, "expected": expected}}
    return detail


def _choice_or_word(word: str, language: Language) -> str:
    try:
        return choice_of(word, language)
    except LookupError:
        return word


def _problems(error: ValidationError, language: Language) -> Iterator[str]:
    details = [_in_words(detail, language) for detail in error.errors(include_url=False)]
    for path, reason in all_problems(details, language):
        # Rows are counted from 1, as people see them.
        parts = [str(part + 1) if isinstance(part, int) else str(part) for part in path]
        try:
            name = named(parts, language)
        except LookupError:
            name = ".".join(parts)
        yield label("console", "field_is_wrong", language).format(field=name, reason=reason)
