"""Under which name a department is filed: the one by which the operator's list knows its code, and nobody else's."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.cases.filing_schemas import FilingIn
from api.http.problems import Problem
from domain.access import Caller, place_of
from domain.codes import same_code
from domain.departments import Departments, name_in
from domain.engine.filed import Party
from domain.field_types import VISIBLE
from domain.messages import Language, label

PARTIES: Final = ("requester", "provider")


@dataclass(frozen=True)
class NamesKept:
    """What the operator's ``listed`` departments say of a filing, in a reader's language.

    For whoever fills in a form: the engine itself takes any name, as programs have been promised.
    """

    listed: Departments
    language: Language

    def refuse_another(self, body: FilingIn) -> None:
        """Raises Problem 422 where a code is listed under another name, or a name under other codes alone."""
        wrong = [error for field, party in _parties(body) for error in self._errors(field, party)]
        if wrong:
            raise Problem(422, "invalid", errors=wrong)

    def unlisted(self, body: FilingIn, caller: Caller, place: str | None) -> Sequence[str]:
        """The codes that no list has, of a place that has one; that of a caller's own department is proven."""
        if not self.listed.get(place_of(body.statute or place or "")):
            return ()
        codes = dict.fromkeys(party.code for _, party in _parties(body) if party.code)
        return [code for code in codes if name_in(self.listed, code) is None and not same_code(code, caller.org)]

    def unlisted_told(self, codes: Sequence[str]) -> str:
        """What is said of codes that no list has."""
        return label("console", "unlisted_codes", self.language).format(codes=_enumerated(codes, self.language))

    def _errors(self, field: str, party: Party) -> Iterator[Mapping[str, str]]:
        if not (party.code and party.name):
            return
        listed = name_in(self.listed, party.code)
        if listed is not None and _as_read(listed) != _as_read(party.name):
            said = {"code": party.code, "listed": listed, "name": party.name}
            reason = label("console", "listed_under_another_name", self.language).format(**said)
            yield {"path": f"{field}.name", "reason": reason}
        elif listed is None and (codes := self._codes_of(party.name)):
            said = {"name": party.name, "codes": _enumerated(codes, self.language), "code": party.code}
            reason = label("console", "listed_under_another_code", self.language).format(**said)
            yield {"path": f"{field}.code", "reason": reason}

    def _codes_of(self, name: str) -> Sequence[str]:
        """The codes under which the lists have a name."""
        wanted = _as_read(name)
        return [each.code for there in self.listed.values() for each in there if _as_read(each.name) == wanted]


def _parties(body: FilingIn) -> Iterator[tuple[str, Party]]:
    for field in PARTIES:
        yield field, getattr(body.request, field)


def _as_read(name: str) -> str:
    """A name as people read it, who see no blank of width nought and no difference of wide letters from narrow ones."""
    return "".join(VISIBLE.findall(unicodedata.normalize("NFKC", name)))


def _enumerated(codes: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(codes)
