"""Texts that cases rest on, by digest (规则文本): statutes and policies, exactly as they stood when a case was filed.

A case names its statute and its policy by digest and nothing else. Whoever carries it finds the content here; what a
digest names never changes, so that an entry, once known, is known for good, to every case of the process.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from pydantic import BaseModel

from domain.evidence import digest_of
from domain.policy import Policy
from domain.statutes.clauses import clauses
from domain.statutes.model import Clause, Statute

Kind = Literal["statute", "policy"]

MOST_OBJECTS: Final = 256
"""Of so many objects the digest is remembered: those that come with the product, and the policies of late."""
_MODELS: Final[Mapping[Kind, type[BaseModel]]] = {"statute": Statute, "policy": Policy}


class RuleTextMissing(Exception):
    """A text that nobody here knows: the store of texts must be asked, or mended."""


class RuleTextWrong(Exception):
    """Content that is not what its digest names."""


@dataclass(frozen=True)
class RuleText:
    """A statute or a policy as JSON values, with every field: what its digest covers."""

    digest: str
    kind: Kind
    body: Mapping[str, Any]


def rule_text_of(rules: Statute | Policy) -> RuleText:
    """A statute or a policy as a text: its digest (SM3 over its canonical JSON) names exactly this content."""
    body = rules.model_dump(mode="json")
    return RuleText(digest_of(body), "statute" if isinstance(rules, Statute) else "policy", body)


class RuleTexts:
    """The texts that are known here. Safe for many threads: entries are only ever added."""

    def __init__(self) -> None:
        self._texts: dict[str, RuleText] = {}
        self._read: dict[tuple[Kind, str], Any] = {}
        self._own: dict[int, tuple[Statute | Policy, str]] = {}

    def digest(self, rules: Statute | Policy) -> str:
        """The digest of a statute or policy, which is known from now on; worked out once for each object."""
        known = self._own.get(id(rules))
        if known is None:
            text = rule_text_of(rules)
            self._texts.setdefault(text.digest, text)
            self._read.setdefault((text.kind, text.digest), rules)
            if len(self._own) >= MOST_OBJECTS:
                self._own.clear()
            known = self._own[id(rules)] = (rules, text.digest)  # held, so that the id stays this object's
        return known[1]

    def add(self, text: RuleText) -> None:
        """Know a text. Raises RuleTextWrong for one that is not what its digest names."""
        if text.digest not in self._texts:
            if digest_of(text.body) != text.digest:
                raise RuleTextWrong(f"The {text.kind} stored under {text.digest} is another text.")
            self._texts[text.digest] = text

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Which of these are not known here."""
        return [digest for digest in digests if digest not in self._texts]

    def text(self, digest: str) -> RuleText:
        """A text as it is stored. Raises RuleTextMissing."""
        found = self._texts.get(digest)
        if found is None:
            raise RuleTextMissing(f"No text of rules is known under the digest {digest}.")
        return found

    def statute(self, digest: str) -> Statute:
        """The statute of a digest. Raises RuleTextMissing."""
        found: Statute = self._of("statute", digest)
        return found

    def policy(self, digest: str) -> Policy:
        """The policy of a digest. Raises RuleTextMissing."""
        found: Policy = self._of("policy", digest)
        return found

    def _of(self, kind: Kind, digest: str) -> Any:
        found = self._read.get((kind, digest))
        if found is None:
            text = self.text(digest)
            if text.kind != kind:
                raise RuleTextMissing(f"Under the digest {digest} stands a {text.kind}, not a {kind}.")
            found = self._read[kind, digest] = _MODELS[kind].model_validate(text.body)
        return found


KNOWN: Final = RuleTexts()
"""What this process knows. A cache of what never changes: cases are carried by what they find here."""


def quotes(statute: Statute, named: str | None, article: str) -> Sequence[Clause]:
    """What a text has of an article, verbatim, each quote once, by its paragraphs; ``named`` may be one above it."""
    above = named if named in statute.regulations else None
    return _quotes(KNOWN.digest(statute)).get((above, article), ())


# Many cases rest on one text.
@lru_cache(maxsize=32)
def _quotes(digest: str) -> Mapping[tuple[str | None, str], Sequence[Clause]]:
    """The clauses of a statute by where they stand, each quote once."""
    found: dict[tuple[str | None, str], dict[str, Clause]] = {}
    for _, clause in clauses(KNOWN.statute(digest)):
        found.setdefault((clause.statute, clause.article), {}).setdefault(clause.quote, clause)
    return {place: sorted(each.values(), key=lambda clause: clause.paragraph or 0) for place, each in found.items()}
