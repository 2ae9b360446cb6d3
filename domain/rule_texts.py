"""The texts of cases by digest (规则文本): statutes and policies, exactly as they were when a case was filed.

A case refers to its statute and its policy only by digest; their content is looked up here. The content of a digest
never changes, so an entry, once added, is valid for ever and for every case of the process.
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
"""For how many objects the digest is cached: the packaged ones, and recent policies."""
_MODELS: Final[Mapping[Kind, type[BaseModel]]] = {"statute": Statute, "policy": Policy}


class RuleTextMissing(Exception):
    """A text is not known in this process: it must be loaded from the ledger's store, or the store repaired."""


class RuleTextWrong(Exception):
    """The content does not match the digest."""


@dataclass(frozen=True)
class RuleText:
    """A statute or a policy as JSON values, with every field; the digest covers ``body``."""

    digest: str
    kind: Kind
    body: Mapping[str, Any]


def rule_text_of(rules: Statute | Policy) -> RuleText:
    """A statute or a policy as a text, with the digest (SM3) of its canonical JSON."""
    body = rules.model_dump(mode="json")
    return RuleText(digest_of(body), "statute" if isinstance(rules, Statute) else "policy", body)


class RuleTexts:
    """The texts known in this process. Safe for many threads, because entries are only added."""

    def __init__(self) -> None:
        self._texts: dict[str, RuleText] = {}
        self._read: dict[tuple[Kind, str], Any] = {}
        self._own: dict[int, tuple[Statute | Policy, str]] = {}

    def digest(self, rules: Statute | Policy) -> str:
        """The digest of a statute or policy, computed once for each object; the text is known from now on."""
        known = self._own.get(id(rules))
        if known is None:
            text = rule_text_of(rules)
            self._texts.setdefault(text.digest, text)
            self._read.setdefault((text.kind, text.digest), rules)
            if len(self._own) >= MOST_OBJECTS:
                self._own.clear()
            known = self._own[id(rules)] = (rules, text.digest)  # keeps the object, so that its id stays its own
        return known[1]

    def add(self, text: RuleText) -> None:
        """Add a text. Raises RuleTextWrong if its content does not match its digest."""
        if text.digest not in self._texts:
            if digest_of(text.body) != text.digest:
                raise RuleTextWrong(f"The {text.kind} stored under {text.digest} is another text.")
            self._texts[text.digest] = text

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Those of the digests that are not known here."""
        return [digest for digest in digests if digest not in self._texts]

    def text(self, digest: str) -> RuleText:
        """The text of a digest. Raises RuleTextMissing."""
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
"""The texts that this process knows: a cache of immutable content."""


def quotes(statute: Statute, named: str | None, article: str) -> Sequence[Clause]:
    """The quotes that a text has of an article, each once, by paragraph; ``named`` may be a regulation above it."""
    above = named if named in statute.regulations else None
    return _quotes(KNOWN.digest(statute)).get((above, article), ())


# Cached: many cases share one text.
@lru_cache(maxsize=32)
def _quotes(digest: str) -> Mapping[tuple[str | None, str], Sequence[Clause]]:
    """The clauses of a statute by regulation and article, each quote once."""
    found: dict[tuple[str | None, str], dict[str, Clause]] = {}
    for _, clause in clauses(KNOWN.statute(digest)):
        found.setdefault((clause.statute, clause.article), {}).setdefault(clause.quote, clause)
    return {place: sorted(each.values(), key=lambda clause: clause.paragraph or 0) for place, each in found.items()}
