"""Rule texts in the ledger: a process stores those it files by, and fetches those it does not know."""

from collections.abc import Mapping

from domain.rule_texts import KNOWN, RuleText, RuleTexts
from ledger.engine import Engine
from ledger.queries.texts import Text, all_texts, store_texts, texts


class RuleTextStore:
    """The store of one ledger, with a cache for the process. Safe for many threads; every method blocks.

    ``known``: the cache; the whole process shares one.
    """

    def __init__(self, engine: Engine, known: RuleTexts = KNOWN) -> None:
        self._engine = engine
        self._known = known
        self._kept: set[str] = set()

    def is_kept(self, *digests: str) -> bool:
        """Whether the ledger is known to have these texts, without a query."""
        return self._kept.issuperset(digests)

    def store(self, *digests: str) -> None:
        """Store texts that are known in this process, before a case refers to them.

        Raises RuleTextMissing for an unknown text, SQLAlchemy's OperationalError if the ledger does not answer.
        """
        new = [self._known.text(digest) for digest in digests if digest not in self._kept]
        if new:
            store_texts(self._engine, {text.digest: (text.kind, text.body) for text in new})
            self._kept.update(text.digest for text in new)

    def fetch(self, *digests: str) -> None:
        """Load these texts into the cache.

        Raises RuleTextMissing for one that the ledger does not have, RuleTextWrong for one that does not match its
        digest, SQLAlchemy's OperationalError if the ledger does not answer.
        """
        self.fetch_what_is_there(*digests)
        for digest in digests:
            self._known.text(digest)

    def fetch_what_is_there(self, *digests: str) -> None:
        """Load those of the texts that the ledger has. Raises as :meth:`fetch`, but not RuleTextMissing."""
        missing = self._known.missing(digests)
        if missing:
            self._know(texts(self._engine, missing))

    def fetch_all(self) -> None:
        """Load every text that the ledger has. Raises as :meth:`fetch`."""
        self._know(all_texts(self._engine))

    def _know(self, found: Mapping[str, Text]) -> None:
        for digest, (kind, body) in found.items():
            self._known.add(RuleText(digest, kind, body))
            self._kept.add(digest)
