"""What the operator's list of departments calls whom a page shows; looked up once a page, where it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from api.cases.schemas import PartyOut
from api.context import AppContext
from configuration.files import FileError
from domain.codes import code_key
from domain.departments import DepartmentsError


@dataclass(frozen=True)
class ListedNames:
    """The names of the list by code; none where there is no list that can be read."""

    context: AppContext

    @cached_property
    def _names(self) -> Mapping[str, str]:
        try:
            places = self.context.departments()
        except (DepartmentsError, FileError):
            return {}
        return {code_key(each.code): each.name for there in places.values() for each in there}

    def name(self, code: str | None) -> str | None:
        """What the list calls a code; None for one that it does not have."""
        return self._names.get(code_key(code)) if code else None

    def otherwise(self, party: PartyOut) -> str | None:
        """What the list calls a department where that is not the name by which it was filed."""
        listed = self.name(party.code)
        return listed if listed != party.name else None
