"""Uploads of papers, for readers: who made them, and what became of them."""

from collections.abc import Collection, Mapping, Sequence

from ledger.engine import Engine
from ledger.queries import papers
from ledger.queries.papers import BroughtPaper


class PaperBook:
    """Read access to the uploads in a ledger. Every method blocks; safe for many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def brought_in(self, request_ids: Sequence[str]) -> list[BroughtPaper]:
        """The papers of these cases that were uploaded, each once."""
        return papers.brought_in(self._engine, request_ids)

    def brought_by(self, digests: Collection[str], ever: bool = False) -> Mapping[str, frozenset[str]]:
        """For each of these contents that was uploaded, the codes of its uploaders; ``ever``: also of uploads gone."""
        return papers.brought_by(self._engine, digests, ever)

    def disposed_by(self, digests: Collection[str]) -> Mapping[str, int]:
        """For each of these contents that was disposed of, the number of the last act that did so."""
        return papers.disposed_by(self._engine, digests)
