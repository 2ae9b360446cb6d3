"""The columns of a sheet: the contract's names of fields, how a cell is read, and what people call them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from domain.messages import Language, label
from domain.words import Authorization, ServiceMode, SharingClass

CellKind = Literal["text", "choice", "number", "date", "truth", "statute"]

REFERENCE: Final = "reference"
"""The column with a filer's own number of a row: one number files once."""
STATUTE: Final = "statute"
WHY_NOT: Final = "why_not"
"""The column in which a sheet of rows that were left says why; nobody reads it."""


@dataclass(frozen=True)
class SheetColumn:
    """One column: ``name`` is the field's, with dots; of a choice ``words`` is its kind in the catalogue."""

    name: str
    kind: CellKind = "text"
    choices: type[StrEnum] | None = None
    words: str = ""

    def label(self, language: Language) -> str:
        """What people call it."""
        return label("sheet_column", self.name, language)

    def readings(self) -> Mapping[str, str]:
        """The word of each choice, by that word and by what people call it."""
        if self.choices is None:
            return {}
        said: dict[str, str] = {}
        for choice in self.choices:
            words = {choice.value, *(label(self.words, choice, language) for language in ("zh", "en"))}
            said |= dict.fromkeys((word.casefold() for word in words), choice.value)
        return said


COLUMNS: Final = (
    SheetColumn(REFERENCE),
    SheetColumn(STATUTE, "statute"),
    SheetColumn("requester.code"),
    SheetColumn("requester.name"),
    SheetColumn("provider.code"),
    SheetColumn("provider.name"),
    SheetColumn("resource.code"),
    SheetColumn("resource.name"),
    SheetColumn("resource.sharing_class", "choice", SharingClass, "sharing_class"),
    SheetColumn("resource.authorization", "choice", Authorization, "authorization"),
    SheetColumn("purpose"),
    SheetColumn("scope"),
    SheetColumn("item_count", "number"),
    SheetColumn("legal_basis"),
    SheetColumn("service_mode", "choice", ServiceMode, "service_mode"),
    SheetColumn("use_until", "date"),
    SheetColumn("justification"),
    SheetColumn("documents.name"),
    SheetColumn("documents.sha256"),
    SheetColumn("documents.sealed", "truth"),
    SheetColumn("involves_provincial_department", "truth"),
    SheetColumn("cross_level", "truth"),
    SheetColumn("superior"),
    SheetColumn("contains_state_secret", "truth"),
    SheetColumn("office_head_consent", "truth"),
    SheetColumn("disputes_grant"),
)
"""In the order of the template. Of papers a row names one; who has more files by form."""
BY_NAME: Final[Mapping[str, SheetColumn]] = {column.name: column for column in COLUMNS}
