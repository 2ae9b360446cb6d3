"""The texts of rules in the ledger: each process keeps there what it files by, and fetches what it does not know."""

from collections.abc import Mapping

from domain.rule_texts import KNOWN, RuleText, RuleTexts
from ledger.engine import Engine
from ledger.queries.texts import Text, all_texts, store_texts, texts


class RuleTextStore:
    """The store of one ledger, and what one process knows of it. Safe for many threads; every method blocks.

    ``known`` is where texts are found afterwards; the whole process shares one.
    """

    def __init__(self, engine: Engine, known: RuleTexts = KNOWN) -> None:
        self._engine = engine
        self._known = known
        self._kept: set[str] = set()

    def is_kept(self, *digests: str) -> bool:
        """Whether it is certain, without a look, that the ledger has these texts."""
        return self._kept.issuperset(digests)

    def store(self, *digests: str) -> None:
        """Have the ledger hold texts that are known here, before any case rests on them.

        Raises RuleTextMissing for one that is not known, SQLAlchemy's OperationalError when the ledger is away.
        """
        new = [self._known.text(digest) for digest in digests if digest not in self._kept]
        if new:
            store_texts(self._engine, {text.digest: (text.kind, text.body) for text in new})
            self._kept.update(text.digest for text in new)

    def fetch(self, *digests: str) -> None:
        """Know these texts from now on.

        Raises RuleTextMissing for one that the ledger does not have, RuleTextWrong for one that is not what its
        digest names, SQLAlchemy's OperationalError when the ledger is away.
        """
        self.fetch_what_is_there(*digests)
        for digest in digests:
            self._known.text(digest)

    def fetch_what_is_there(self, *digests: str) -> None:
        """Know from now on those of these texts that the ledger has. Raises as :meth:`fetch`, not for the others."""
        missing = self._known.missing(digests)
        if missing:
            self._know(texts(self._engine, missing))

    def fetch_all(self) -> None:
        """Know every text that the ledger has. Raises as :meth:`fetch`."""
        self._know(all_texts(self._engine))

    def _know(self, found: Mapping[str, Text]) -> None:
        for digest, (kind, body) in found.items():
            self._known.add(RuleText(digest, kind, body))
            self._kept.add(digest)
