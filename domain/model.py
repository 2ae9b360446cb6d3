"""What data is made of that enters from outside, travels and is kept: models that check it once and for all."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict


class Fixed(BaseModel):
    """Data that never changes once made; unknown keys are refused.

    What checks a model is built when it is first used, or by :func:`complete`: who only reads a word of the law does
    not wait for all of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def complete() -> None:
    """Build what checks the models, of all that are loaded by now; again it takes next to nothing.

    For whoever answers others, before the first comes: nobody waits for it then, and no two threads meet in it.
    """
    for model in _beneath(Fixed):
        model.model_rebuild()


def _beneath(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for inner in model.__subclasses__():
        yield inner
        yield from _beneath(inner)
