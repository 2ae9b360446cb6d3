"""Input common to all procedures: departments, the resource, papers. Unknown keys are refused."""

from typing import Any

from pydantic import model_validator

from domain.codes import is_mistyped
from domain.field_types import Code, Given, Sha256, ShortText, Truth
from domain.model import Fixed
from domain.words import Authorization, SharingClass


class Filed(Fixed):
    """Base of all input from outside; unknown keys are refused."""


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
        """Accept a bare file name as a document."""
        return {"name": value} if isinstance(value, str) else value


def mistyped_codes(matter: Filed) -> list[str]:
    """The department codes in a filing whose check character is wrong, each once, in the order of the fields.

    They do not get the filing refused: people have to say which department is meant.
    """
    found: dict[str, None] = {}
    for name in type(matter).model_fields:
        value = getattr(matter, name)
        for party in value if isinstance(value, tuple) else (value,):
            if isinstance(party, Party) and party.code and is_mistyped(party.code):
                found[party.code] = None
    return list(found)
