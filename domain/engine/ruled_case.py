"""Base of cases whose procedure is governed by one section of a text."""

from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

from domain.engine.case import Case
from domain.engine.decision import Refused
from domain.engine.process import InvalidProcess
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Statute

R = TypeVar("R")


@dataclass(frozen=True)
class RuledCase(Case, Generic[R]):
    """A case under one section of its text (专门规定), named by the type: ``class DemandCase(RuledCase[DemandRules])``.

    Raises InvalidProcess, when the program starts, if statutes have no section of that type.
    """

    section: ClassVar[str | None] = None

    def __init_subclass__(cls, **said: Any) -> None:
        """Find the name of the section from the type argument, once for each subclass."""
        super().__init_subclass__(**said)
        for base in cls.__dict__.get("__orig_bases__", ()):
            if get_origin(base) is RuledCase:
                try:
                    cls.section = Statute.section_of_kind(*get_args(base))
                except LookupError as reason:
                    file = f"{cls.__module__.replace('.', '/')}.py"
                    raise InvalidProcess(f"{file} ({cls.__name__}): {reason}.") from None

    @property
    def rules(self) -> R:
        """The section of the case's text. Raises Refused (``procedure_not_available``) if the text has none."""
        found: R | None = self.statute.section(self.section) if self.section else None
        if found is None:
            raise Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE)
        return found
