"""What comes from outside into any case: departments, the resource, papers. Unknown keys are refused."""

from typing import Any

from pydantic import model_validator

from domain.codes import is_mistyped
from domain.field_types import Code, Given, Sha256, ShortText, Truth
from domain.model import Fixed
from domain.words import Authorization, SharingClass


class Filed(Fixed):
    """Something that came from outside: unknown keys are refused."""


class Party(Filed):
    """A department (部门) with its unified social credit code."""

    code: Code | None = None
    name: ShortText | None = None


class Resource(Filed):
    """The catalogue entry that is asked for (政务信息资源)."""

    code: Code | None = None
    name: ShortText | None = None
    sharing_class: SharingClass | None = None
    authorization: Authorization | None = None


class Document(Filed):
    """A paper that came with the application, known by its digest; ``sealed``: it bears a seal (加盖印章)."""

    name: Given
    sha256: Sha256 | None = None
    sealed: Truth = False

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        """A paper may be named by its file name alone."""
        return {"name": value} if isinstance(value, str) else value


def mistyped_codes(matter: Filed) -> list[str]:
    """The codes of departments in what is filed whose check character is wrong, each once, in the order of the fields.

    Nobody is refused for one: whether the department is meant that has almost this code is for people to say.
    """
    found: dict[str, None] = {}
    for name in type(matter).model_fields:
        value = getattr(matter, name)
        for party in value if isinstance(value, tuple) else (value,):
            if isinstance(party, Party) and party.code and is_mistyped(party.code):
                found[party.code] = None
    return list(found)
