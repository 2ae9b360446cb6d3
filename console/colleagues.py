"""Who works in a visitor's department: by sign-in, and as people call them."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.context import AppContext
from api.http.problems import Problem
from background.turns import unit_of
from domain.access import Caller
from domain.messages import Language, label


@dataclass(frozen=True)
class Colleagues:
    """The officers of a unit by their sign-ins, each with a name where one is known; the visitor is among them."""

    names: Mapping[str, str | None]
    visitor: str
    language: Language

    def called(self, officer: str) -> str:
        """An officer as people call him: by name, with his sign-in, which alone is sure to be his own."""
        name = self.names.get(officer)
        if not name or name == officer:
            return officer
        return label("console", "called", self.language).format(name=name, sign_in=officer)

    def listed(self, with_visitor: bool = False) -> list[tuple[str, str]]:
        """All, or all but the visitor, to be chosen from, in the order of their sign-ins."""
        return [(each, self.called(each)) for each in sorted(self.names) if with_visitor or each != self.visitor]

    def refuse_unknown(self, *officers: str) -> None:
        """Raises Problem 422 for a sign-in of which nothing is known here."""
        unknown = next((each for each in officers if each not in self.names), None)
        if unknown is not None:
            title = label("console", "nobody_of_that_name", self.language).format(name=unknown)
            raise Problem(422, "invalid", title=title)


def colleagues_of(context: AppContext, caller: Caller, language: Language) -> Colleagues:
    """The officers of a caller's unit; blocking."""
    known = context.reader.officers(unit_of(caller))
    return Colleagues({caller.subject: None, **known}, caller.subject, language)
