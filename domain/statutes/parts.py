"""The smallest parts of a statute file: a part, a clause, a name, a limit."""

from pydantic import BaseModel, ConfigDict, Field

from domain.words import ClockId, SharingClass, Unit


class Part(BaseModel):
    """A part of a statute file: fixed once read; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Clause(Part):
    """Where a rule stands: article, paragraph where there are several, and its words."""

    article: str = Field(pattern=r"^[0-9]{1,3}$")
    paragraph: int | None = Field(default=None, ge=1, le=30)
    quote: str = Field(min_length=4, max_length=120)


class Name(Part):
    """A name in Chinese, as the text has it, and in English."""

    zh: str = Field(min_length=1, max_length=120)
    en: str = Field(min_length=1, max_length=200)


class Limit(Part):
    """A limit set by the text (法定时限)."""

    clock: ClockId
    sharing_class: SharingClass | None = None
    amount: int = Field(ge=1, le=366)
    unit: Unit
    clause: Clause
