"""Values of options, checked: one sentence that names the option when one cannot be used."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from domain.validation_messages import first_problem
from starter.errors import InvalidInput

Word = TypeVar("Word", bound=StrEnum)


def option(name: str, kind: Any, value: str) -> Any:
    """The value of an option. Raises InvalidInput naming it."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise InvalidInput(f"{name} {first_problem(error)[1]}.") from None


def word(kind: type[Word], text: str, what: str) -> Word:
    """A word of the contract. Raises InvalidInput with those that there are."""
    try:
        return kind(text)
    except ValueError:
        known = ", ".join(kind)
        raise InvalidInput(f"There is no {what} {text}; there are {known}.") from None


def several(values: Iterable[str]) -> list[str]:
    """The values of an option that may be given several times, or once with commas between."""
    return [part for value in values for part in value.split(",") if part]
