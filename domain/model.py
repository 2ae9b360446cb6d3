"""What data is made of that enters from outside, travels and is kept: models that check it once and for all."""

from collections.abc import Iterator
from functools import cache
from typing import Self

from pydantic import BaseModel, ConfigDict


class Fixed(BaseModel):
    """Data that never changes once made; unknown keys are refused.

    What checks a model is built when it is first used, or by :func:`complete`: who only reads a word of the law does
    not wait for all of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def in_little_room(self) -> Self:
        """Itself, with all that it is made of, for whoever holds many of them for long.

        What was given is told from what was left out no longer: for that pydantic keeps for each object a set of names,
        which takes 200 bytes, and 700 from five names on. Now all of a kind share one.
        """
        object.__setattr__(self, "__pydantic_fields_set__", _names_of(type(self)))
        for value in self.__dict__.values():
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Fixed):
                    part.in_little_room()
        return self


def complete() -> None:
    """Build what checks the models, of all that are loaded by now; again it takes next to nothing.

    For whoever answers others, before the first comes: nobody waits for it then, and no two threads meet in it.
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
