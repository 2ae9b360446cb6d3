"""Base of all validated, immutable data: input from outside, messages, and stored records."""

from collections.abc import Iterator
from functools import cache
from typing import Self

from pydantic import BaseModel, ConfigDict


class Fixed(BaseModel):
    """An immutable model; unknown keys are refused.

    The validator of a model is built when it is first used, or by :func:`complete`, so that short commands do not wait
    for validators that they never use.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def in_little_room(self) -> Self:
        """This object, using less memory, for callers that hold many of them for long; includes nested models.

        Pydantic keeps for each object a set of the names of the fields that were given: 200 bytes, and 700 from five
        names on. All objects of a class now share one set, so given fields can no longer be told from defaults.
        """
        object.__setattr__(self, "__pydantic_fields_set__", _names_of(type(self)))
        for value in self.__dict__.values():
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Fixed):
                    part.in_little_room()
        return self


def complete() -> None:
    """Build the validators of all models that are loaded by now; calling it again costs next to nothing.

    Servers call it before their first request, so that no caller waits for it and no two threads build at once.
    """
    for model in _beneath(Fixed):
        model.model_rebuild()


@cache
def _names_of(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


def _beneath(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for inner in model.__subclasses__():
        yield inner
        yield from _beneath(inner)
