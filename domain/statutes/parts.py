"""The smallest parts of a statute file: a part, a clause, a name, a limit."""

from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from domain.clocks import ClockId
from domain.model import Fixed
from domain.words import SharingClass, Unit

R = TypeVar("R")

OF_ONE_PROCEDURE: Final = "of one procedure"
Section = Annotated[R | None, OF_ONE_PROCEDURE]
"""The section of a text on one procedure other than the request (专章); None if it does not have the procedure."""


class Part(Fixed):
    """A part of a statute file: immutable; unknown keys are refused.

    ``ADDED_LATER``: fields that older statutes do not have, including every :data:`Section`. If empty they are left out
    of the canonical JSON, so that the digests of those statutes, which are in every filing, stay the same.
    ``SECTIONS``: the names of its sections.
    """

    ADDED_LATER: ClassVar[frozenset[str]] = frozenset()
    SECTIONS: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **said: Any) -> None:
        """Find the sections by their declared type."""
        super().__pydantic_init_subclass__(**said)
        cls.SECTIONS = tuple(name for name, field in cls.model_fields.items() if OF_ONE_PROCEDURE in field.metadata)
        cls.ADDED_LATER |= frozenset(cls.SECTIONS)

    @model_serializer(mode="wrap")
    def _without_what_says_nothing(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        return {name: value for name, value in written.items() if value or name not in self.ADDED_LATER}


class Clause(Part):
    """The source of a rule: article, paragraph if there are several, and a verbatim quote.

    ``statute`` is the id of the regulation when that is not the statute's own: see
    :class:`domain.statutes.model.Regulation`.
    """

    ADDED_LATER = frozenset({"statute"})

    article: str = Field(pattern=r"^[0-9]{1,3}$")
    paragraph: int | None = Field(default=None, ge=1, le=30)
    quote: str = Field(min_length=4, max_length=120)
    statute: str | None = Field(default=None, pattern=r"^[a-z]+(-[a-z0-9]+)+$", max_length=60)


class Name(Part):
    """A name in Chinese, as the text has it, and in English."""

    zh: str = Field(min_length=1, max_length=120)
    en: str = Field(min_length=1, max_length=200)


class Overall(Part):
    """An additional limit for the act, counted from the filing instead of from the beginning of its own stage."""

    amount: int = Field(ge=1, le=366)
    unit: Literal[Unit.WORKING_DAY, Unit.MONTH, Unit.DAY]
    clause: Clause


class Limit(Part):
    """A limit set by the text (法定时限).

    ``from_filing``: counted from the filing (自收到申请之日起), although the measured stage comes later.
    ``overall``: another limit that runs from the filing in addition; whichever ends first binds.
    ``triggers``: the only events that start it, if the text says so (for the catalogue's update); left out: any.
    """

    ADDED_LATER = frozenset({"from_filing", "overall", "triggers"})

    triggers: tuple[str, ...] = ()

    clock: ClockId
    sharing_class: SharingClass | None = None
    amount: int = Field(ge=1, le=366)
    unit: Literal[Unit.WORKING_DAY, Unit.MONTH, Unit.DAY]
    clause: Clause
    from_filing: bool = False
    overall: Overall | None = None
