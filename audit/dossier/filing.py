"""What was filed, for a dossier whose history was disposed of: until then the history tells it."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from audit.dossier.contents import FILING
from domain.evidence import NotCanonical, canonical_json, plain
from domain.model import Fixed
from domain.naming import fingerprint
from domain.words import ProcedureName


class PackedFiling(Fixed):
    """What was filed, by which procedure under which text: all that event 1 covers by its ``filing_digest``."""

    procedure: ProcedureName
    statute: str
    application: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Its ``filing_digest``."""
        return fingerprint(plain(self))

    def written(self) -> bytes:
        """As it stands in the dossier."""
        return f"{canonical_json(plain(self))}\n".encode()


def read_filing(content: bytes) -> PackedFiling:
    """What was filed as it was written. Raises ValueError for anything but its one form."""
    try:
        filing = PackedFiling.model_validate_json(content)
        if filing.written() == content:
            return filing
    except (ValidationError, NotCanonical):
        pass
    raise ValueError(f"{FILING} does not say what was filed, or not in its one form")
